using System.Text.Json;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Settings;

/// <summary>The settings of one section, in the order of the reference. Built once, then only read.</summary>
internal sealed class Section<TOptions>
    where TOptions : class, new()
{
    private readonly List<Setting<TOptions>> _settings = [];

    /// <summary>A setting with a single value.</summary>
    public Section<TOptions> Value<TValue>(
        string name, ValueKind<TValue> kind, Func<TOptions, object?> get, Action<TOptions, TValue> set,
        bool required = false) =>
        With(new ValueSetting<TOptions, TValue>(name, kind, get, set) { IsRequired = required });

    /// <summary>A setting that is a list.</summary>
    public Section<TOptions> List(
        string name, ValueKind<string> kind, Func<TOptions, IReadOnlyList<string>> get,
        Action<TOptions, IReadOnlyList<string>> set, bool mayBeEmpty = true) =>
        With(new ListSetting<TOptions>(name, kind, get, set) { MayBeEmpty = mayBeEmpty });

    /// <summary>A setting that is a list of sections, each of which may be a text where <paramref name="text"/> is given.</summary>
    public Section<TOptions> ListOfSections<TItem>(
        string name, Section<TItem> section, Func<TOptions, IReadOnlyList<TItem>> get,
        Action<TOptions, IReadOnlyList<TItem>> set, bool mayBeEmpty = true, bool required = false,
        TextForm<TItem>? text = null)
        where TItem : class, new() =>
        With(new SectionListSetting<TOptions, TItem>(name, section, get, set, text)
        {
            MayBeEmpty = mayBeEmpty,
            IsRequired = required,
        });

    /// <summary>A section below this one.</summary>
    public Section<TOptions> Child<TChild>(
        string name, Section<TChild> section, Func<TOptions, TChild?> get, Func<TOptions, TChild> open)
        where TChild : class, new() =>
        With(new SectionSetting<TOptions, TChild>(name, section, get, open));

    public Section<TOptions> With(Setting<TOptions> setting)
    {
        _settings.Add(setting);
        return this;
    }

    /// <summary>Reads what is given into the options; what is not given stays as it is.</summary>
    public void Read(SectionNode section, TOptions options, string path, SettingsReading reading)
    {
        foreach (var (name, node) in section.Members)
        {
            var setting = Find(name, node);
            if (setting is null)
            {
                RejectUnknown(name, node, path, reading);
            }
            else if (!node.IsNull)
            {
                var settingPath = SettingsReading.Join(path, setting.Name);
                reading.Remember(settingPath, node);
                setting.Read(node, options, settingPath, reading);
            }
        }
    }

    /// <summary>Rejects the section when something required is not given.</summary>
    public void RequireGiven(SectionNode section, string path, SettingsReading reading)
    {
        foreach (var setting in _settings.Where(setting => setting.IsRequired))
        {
            var settingPath = SettingsReading.Join(path, setting.Name);
            if (!reading.IsGiven(settingPath))
            {
                reading.Add(settingPath, $"{settingPath} is missing: write {Example(setting)}.", section.Line);
            }
        }
    }

    public void Write(Utf8JsonWriter json, TOptions options)
    {
        json.WriteStartObject();
        foreach (var setting in _settings)
        {
            json.WritePropertyName(setting.Name);
            setting.Write(json, options);
        }

        json.WriteEndObject();
    }

    public IReadOnlyList<SettingDescription> Describe(TOptions defaults) =>
        [.. _settings.Select(setting => setting.Describe(defaults))];

    /// <summary>The least that may be written for this section.</summary>
    public string Example()
    {
        var required = _settings.Where(setting => setting.IsRequired).Select(Example);
        return $"{{ {string.Join(", ", required.DefaultIfEmpty("…"))} }}";
    }

    private static string Example(Setting<TOptions> setting) => $"\"{setting.Name}\": {setting.Example}";

    // Variables are not case-sensitive, the file is.
    private Setting<TOptions>? Find(string name, SettingNode node)
    {
        var comparison = node.Source is null ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return _settings.Find(setting => string.Equals(setting.Name, name, comparison));
    }

    private void RejectUnknown(string name, SettingNode node, string path, SettingsReading reading)
    {
        var names = _settings.Select(setting => setting.Name).ToArray();
        var nearest = NearestName.Of(name, names);
        if (node.Source is { } variable)
        {
            reading.Add(variable, $"{variable} sets nothing: " + (nearest is null
                ? "docs/config.md lists every setting."
                : $"did you mean {EnvironmentSettings.VariableOf(SettingsReading.Join(path, nearest))}?"));
            return;
        }

        var place = path.Length == 0 ? "at the top" : $"in \"{path}\"";
        reading.Add(SettingsReading.Join(path, name), $"{SettingsReading.Join(path, name)} is not a setting: " + (
            nearest is not null ? $"did you mean \"{nearest}\"?"
            : reading.PlaceOf(name) is { } other ? $"it belongs {other}, not {place}."
            : $"{place} there may be {string.Join(", ", names)}."), node.Line);
    }
}
