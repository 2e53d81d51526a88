using System.Text.Json;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Settings;

/// <summary>A setting that is a list of sections. It stands in the file only: a variable cannot hold it.</summary>
internal sealed class SectionListSetting<TOptions, TItem>(
    string name, Section<TItem> section, Func<TOptions, IReadOnlyList<TItem>> get,
    Action<TOptions, IReadOnlyList<TItem>> set, TextForm<TItem>? text)
    : Setting<TOptions>(name)
    where TItem : class, new()
{
    public bool MayBeEmpty { get; init; } = true;

    public override string Example => $"[{(text is null ? section.Example() : $"\"{text.Example}\"")}]";

    public override void Read(SettingNode node, TOptions options, string path, SettingsReading reading)
    {
        if (node is not ListNode list)
        {
            RejectWhole(node, path, reading);
        }
        else if (list.Items.Count == 0 && !MayBeEmpty)
        {
            reading.Reject(path, node, $"is empty: name at least one{(IsRequired ? "" : ", or leave it out")}.");
        }
        else
        {
            set(options, [.. list.Items.Select((item, index) => ReadItem(item, $"{path}[{index}]", reading))]);
        }
    }

    public override void Write(Utf8JsonWriter json, TOptions options)
    {
        var items = get(options);
        if (items.Count == 0 && !MayBeEmpty)
        {
            // What was left out: an empty list could not be read back.
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var item in items)
        {
            section.Write(json, item);
        }

        json.WriteEndArray();
    }

    public override SettingDescription Describe(TOptions defaults) =>
        new(Name, typeof(TOptions), "list of sections", WriteSchema)
        {
            IsRequired = IsRequired,
            IsList = true,
            Children = section.Describe(new()),
            WriteTextSchema = text is null ? null : text.WriteSchema,
        };

    // A wrong element keeps its place: rules name the others by theirs.
    private TItem ReadItem(SettingNode node, string path, SettingsReading reading)
    {
        reading.Remember(path, node);
        var item = new TItem();
        if (node is SectionNode members)
        {
            section.Read(members, item, path, reading);
            section.RequireGiven(members, path, reading);
        }
        else if (text is not null && node is ValueNode { Form: ValueForm.Text } value)
        {
            var parsed = text.Read(value.Text);
            if (parsed.Problem is null)
            {
                return parsed.Value;
            }

            reading.Reject(path, node, parsed.Problem);
        }
        else
        {
            // Never the value: a secret may stand where its section belongs.
            var textToo = text is null ? "" : $"\"{text.Example}\" or ";
            reading.Reject(path, node, $"is not a section: write {textToo}{section.Example()}.", showValue: false);
        }

        return item;
    }

    private void RejectWhole(SettingNode node, string path, SettingsReading reading)
    {
        var variables = FromVariables(node).ToArray();
        foreach (var variable in variables)
        {
            reading.Reject(
                path, variable, $"sets nothing: a variable cannot hold a list of sections, write {path} into the file.",
                showValue: false);
        }

        if (variables.Length == 0)
        {
            reading.Reject(path, node, $"is not a list: write it as {Example}.", showValue: false);
        }
    }

    private static IEnumerable<SettingNode> FromVariables(SettingNode node) => node switch
    {
        SectionNode section => section.Members.SelectMany(member => FromVariables(member.Node)),
        { Source: not null } => [node],
        _ => [],
    };

    private void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("array");
        json.WriteStringValue("null");
        json.WriteEndArray();
        if (!MayBeEmpty)
        {
            json.WriteNumber("minItems", 1);
        }
    }
}

/// <summary>How a section of a list may be written as a text instead.</summary>
/// <param name="Example">Such a text.</param>
/// <param name="Pattern">What it looks like, as a regular expression of the schema.</param>
/// <param name="Read">The section it stands for, or what is wrong with it.</param>
internal sealed record TextForm<TItem>(string Example, string Pattern, Func<string, Parsed<TItem>> Read)
{
    public void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", Pattern);
    }
}
