using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Holdfast.Simulator.Transcripts;

/// <summary>One protocol's literal texts, by name, as they stand in the embedded <c>.transcript</c> file.</summary>
internal sealed class TemplateFile
{
    private readonly FrozenDictionary<string, string> _texts;

    private TemplateFile(FrozenDictionary<string, string> texts) => _texts = texts;

    public static TemplateFile Anthropic { get; } = Load("anthropic.transcript");

    public static TemplateFile Chat { get; } = Load("chat.transcript");

    public static TemplateFile Responses { get; } = Load("responses.transcript");

    public static TemplateFile Gemini { get; } = Load("gemini.transcript");

    /// <summary>The text <paramref name="name"/> with each <c>%placeholder%</c> replaced, in the given order.</summary>
    public string Fill(string name, params ReadOnlySpan<(string Placeholder, string Value)> values)
    {
        var text = _texts[name];
        foreach (var (placeholder, value) in values)
        {
            text = text.Replace($"%{placeholder}%", value, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Escapes for the inside of a JSON string; text beyond ASCII stays as it is.</summary>
    public static string Escape(string text) =>
        JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private static TemplateFile Load(string resource)
    {
        using var stream = typeof(TemplateFile).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded transcript {resource} is missing.");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        var texts = reader.ReadToEnd()
            .ReplaceLineEndings("\n")
            .Split("=== ", StringSplitOptions.RemoveEmptyEntries)
            .Select(section => section.Split('\n', 2))
            .ToFrozenDictionary(section => section[0], section => section[1].TrimEnd('\n'), StringComparer.Ordinal);
        return new TemplateFile(texts);
    }
}
