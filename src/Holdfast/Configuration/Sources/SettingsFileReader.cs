using System.Text.Json;

namespace Holdfast.Configuration.Sources;

/// <summary>Turns the text of <c>holdfast.json</c> into nodes with their lines. Knows JSON, no setting.</summary>
internal sealed class SettingsFileReader
{
    private static readonly JsonReaderOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 32,
    };

    private readonly byte[] _text;
    private readonly SettingsReading _reading;

    private SettingsFileReader(byte[] text, SettingsReading reading) => (_text, _reading) = (text, reading);

    /// <summary>What could be read; nothing of a broken file. Problems go to <paramref name="reading"/>.</summary>
    public static SectionNode Read(byte[] text, SettingsReading reading)
    {
        var body = text.AsSpan().StartsWith("\uFEFF"u8) ? text[3..] : text;
        try
        {
            return new SettingsFileReader(body, reading).ReadDocument();
        }
        catch (JsonException broken)
        {
            reading.Add("", Explain(broken), (int)(broken.LineNumber ?? 0) + 1);
            return new();
        }
    }

    private SectionNode ReadDocument()
    {
        var json = new Utf8JsonReader(_text, Lenient);
        json.Read();
        var root = ReadValue(ref json, "");
        json.Read();
        if (root is SectionNode section)
        {
            return section;
        }

        _reading.Add("", "The file is not a JSON object: begin it with { and end it with }.", root.Line);
        return new();
    }

    private SettingNode ReadValue(ref Utf8JsonReader json, string path)
    {
        var line = LineOf(json.TokenStartIndex);
        return json.TokenType switch
        {
            JsonTokenType.StartObject => ReadSection(ref json, path, line),
            JsonTokenType.StartArray => ReadList(ref json, path, line),
            JsonTokenType.String => new ValueNode(ValueForm.Text, json.GetString()!, Line: line),
            JsonTokenType.Number => new ValueNode(ValueForm.Number, RawText(in json), Line: line),
            JsonTokenType.Null => new ValueNode(ValueForm.Null, "null", Line: line),
            _ => new ValueNode(ValueForm.Boolean, RawText(in json), Line: line),
        };
    }

    private SectionNode ReadSection(ref Utf8JsonReader json, string path, int line)
    {
        var section = new SectionNode(Line: line);
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var name = json.GetString()!;
            var nameLine = LineOf(json.TokenStartIndex);
            var namePath = SettingsReading.Join(path, name);
            json.Read();
            if (!section.TryAdd(name, ReadValue(ref json, namePath)))
            {
                _reading.Add(namePath, $"{namePath} is given twice: keep one of them.", nameLine);
            }
        }

        return section;
    }

    private ListNode ReadList(ref Utf8JsonReader json, string path, int line)
    {
        var items = new List<SettingNode>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ReadValue(ref json, $"{path}[{items.Count}]"));
        }

        return new(items, Line: line);
    }

    private static string RawText(in Utf8JsonReader json) => System.Text.Encoding.UTF8.GetString(json.ValueSpan);

    private int LineOf(long offset) => _text.AsSpan(0, (int)offset).Count((byte)'\n') + 1;

    private static string Explain(JsonException broken)
    {
        var (line, column) = ((broken.LineNumber ?? 0) + 1, (broken.BytePositionInLine ?? 0) + 1);
        var end = broken.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var problem = end < 0 ? broken.Message : broken.Message[..end];
        return $"The file is not valid JSON at line {line}, column {column}: {problem}";
    }
}
