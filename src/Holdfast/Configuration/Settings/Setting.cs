using System.Text.Json;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Settings;

/// <summary>One named setting of a section: reads itself into the options, describes itself, holds no value.</summary>
internal abstract class Setting<TOptions>(string name)
{
    public string Name => name;

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; init; }

    /// <summary>A value as the file could hold it.</summary>
    public abstract string Example { get; }

    public abstract void Read(SettingNode node, TOptions options, string path, SettingsReading reading);

    /// <summary>Writes the value in force, without secrets.</summary>
    public abstract void Write(Utf8JsonWriter json, TOptions options);

    /// <summary>What it is, for the reference and the schema.</summary>
    public abstract SettingDescription Describe(TOptions defaults);

    protected static string Show(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, JsonForPeople.Compact))
        {
            write(json);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    protected static void Write<TValue>(Utf8JsonWriter json, ValueKind<TValue> kind, object? value)
    {
        if (value is null)
        {
            json.WriteNullValue();
        }
        else
        {
            kind.Write(json, value);
        }
    }
}

/// <summary>A setting with a single value.</summary>
internal sealed class ValueSetting<TOptions, TValue>(
    string name, ValueKind<TValue> kind, Func<TOptions, object?> get, Action<TOptions, TValue> set)
    : Setting<TOptions>(name)
{
    public override string Example => kind.Example;

    public override void Read(SettingNode node, TOptions options, string path, SettingsReading reading)
    {
        var parsed = kind.Read(node, reading);
        if (parsed.Problem is { } problem)
        {
            reading.Reject(path, node, problem, kind.MayShow(node));
            return;
        }

        set(options, parsed.Value);
    }

    public override void Write(Utf8JsonWriter json, TOptions options) => Write(json, kind, get(options));

    public override SettingDescription Describe(TOptions defaults) =>
        new(Name, typeof(TOptions), kind.Name, kind.WriteSchema)
        {
            IsRequired = IsRequired,
            Default = IsRequired ? null : Show(json => Write(json, kind, get(defaults))),
        };
}

/// <summary>A setting that is a list of values of one kind; in a variable they are separated by commas.</summary>
internal sealed class ListSetting<TOptions>(
    string name, ValueKind<string> kind, Func<TOptions, IReadOnlyList<string>> get,
    Action<TOptions, IReadOnlyList<string>> set)
    : Setting<TOptions>(name)
{
    public bool MayBeEmpty { get; init; } = true;

    public override string Example => $"[{kind.Example}]";

    public override void Read(SettingNode node, TOptions options, string path, SettingsReading reading)
    {
        var items = node switch
        {
            ListNode list => list.Items,
            ValueNode { Form: ValueForm.Untyped } joined => Split(joined),
            _ => null,
        };
        if (items is null)
        {
            reading.Reject(path, node, "is not a list: write it as [\"…\"].");
            return;
        }

        if (items.Count == 0 && !MayBeEmpty)
        {
            reading.Reject(path, node, "is empty: name at least one, or leave it out.");
            return;
        }

        // With a wrong item nothing will start, but rules still have their say about the right ones.
        set(options, ReadItems(items, path, reading));
    }

    public override void Write(Utf8JsonWriter json, TOptions options)
    {
        json.WriteStartArray();
        foreach (var item in get(options))
        {
            kind.Write(json, item);
        }

        json.WriteEndArray();
    }

    public override SettingDescription Describe(TOptions defaults) =>
        new(Name, typeof(TOptions), $"list of {kind.Name}s", WriteSchema)
        {
            IsRequired = IsRequired,
            Default = Show(json => Write(json, defaults)),
        };

    private List<string> ReadItems(IReadOnlyList<SettingNode> items, string path, SettingsReading reading)
    {
        var values = new List<string>();
        for (var index = 0; index < items.Count; index++)
        {
            var parsed = kind.Read(items[index], reading);
            if (parsed.Problem is { } problem)
            {
                reading.Reject($"{path}[{index}]", items[index], problem);
            }
            else if (values.Contains(parsed.Value, StringComparer.OrdinalIgnoreCase))
            {
                reading.Reject($"{path}[{index}]", items[index], "is given twice: keep one of them.");
            }
            else
            {
                values.Add(parsed.Value);
            }
        }

        return values;
    }

    private static SettingNode[] Split(ValueNode joined) =>
        [.. joined.Text
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => joined with { Text = text })];

    private static void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("array");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteStartObject("items");
        json.WriteString("type", "string");
        json.WriteEndObject();
    }
}

/// <summary>A setting that is a section of its own; <paramref name="open"/> answers the options it fills.</summary>
internal sealed class SectionSetting<TOptions, TChild>(
    string name, Section<TChild> section, Func<TOptions, TChild?> get, Func<TOptions, TChild> open)
    : Setting<TOptions>(name)
    where TChild : class, new()
{
    public override string Example => section.Example();

    public override void Read(SettingNode node, TOptions options, string path, SettingsReading reading)
    {
        if (node is not SectionNode members)
        {
            // Never the value: a secret may stand where its section belongs.
            reading.Reject(path, node, $"is not a section: write {section.Example()}.", showValue: false);
            return;
        }

        var child = open(options);
        section.Read(members, child, path, reading);
        section.RequireGiven(members, path, reading);
    }

    public override void Write(Utf8JsonWriter json, TOptions options)
    {
        if (get(options) is { } child)
        {
            section.Write(json, child);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    public override SettingDescription Describe(TOptions defaults) =>
        new(Name, typeof(TOptions), "section", _ => { }) { Children = section.Describe(get(defaults) ?? new()) };
}
