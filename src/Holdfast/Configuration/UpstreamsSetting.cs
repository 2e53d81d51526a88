using System.Text.Json;
using Holdfast.Configuration.Settings;
using Holdfast.Configuration.Sources;
using Holdfast.Upstreams;

namespace Holdfast.Configuration;

/// <summary>The section <c>upstreams</c>: any number of named entries laid over the built-in ones.</summary>
internal sealed class UpstreamsSetting(string name, Section<UpstreamOptions> section) : Setting<HoldfastOptions>(name)
{
    private const int LongestName = 64;

    // "sim" is the simulator inside the process; the others are paths of ours, and an upstream's name may stand in a path.
    private static readonly string[] Reserved = ["sim", "admin", "metrics", "healthz", "readyz"];

    public override string Example => $"{{ \"<name>\": {section.Example()} }}";

    public override void Read(SettingNode node, HoldfastOptions options, string path, SettingsReading reading)
    {
        if (node is not SectionNode given)
        {
            reading.Reject(path, node, $"is not a section: write {Example}.", showValue: false);
            return;
        }

        var upstreams = BuiltIn();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (upstream, entry) in given.Members)
        {
            if (!seen.Add(upstream))
            {
                var twice = SettingsReading.Join(path, upstream);
                reading.Add(twice, $"{twice} differs from another upstream in case only: rename one.", entry.Line);
            }

            ReadOne(upstream, entry, upstreams, SettingsReading.Join(path, upstream), reading);
        }

        options.Upstreams = upstreams;
    }

    public override void Write(Utf8JsonWriter json, HoldfastOptions options)
    {
        json.WriteStartObject();
        foreach (var (upstream, entry) in options.Upstreams)
        {
            json.WritePropertyName(upstream);
            section.Write(json, entry);
        }

        json.WriteEndObject();
    }

    public override SettingDescription Describe(HoldfastOptions defaults) =>
        new(Name, typeof(HoldfastOptions), "section", _ => { }) { Children = section.Describe(new()), IsMap = true };

    // Copies: what the file overrides must not reach the next one who asks for the defaults.
    private static OrderedDictionary<string, UpstreamOptions> BuiltIn()
    {
        var upstreams = new OrderedDictionary<string, UpstreamOptions>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, options) in UpstreamOptions.BuiltIn)
        {
            upstreams.Add(name, new() { Protocol = options.Protocol, BaseUrl = options.BaseUrl });
        }

        return upstreams;
    }

    private void ReadOne(
        string upstream, SettingNode node, OrderedDictionary<string, UpstreamOptions> upstreams, string path,
        SettingsReading reading)
    {
        if (node.IsNull)
        {
            return;
        }

        reading.Remember(path, node);
        if (NameProblem(upstream) is { } nameProblem)
        {
            reading.Reject(path, node, nameProblem, showValue: false);
        }

        if (node is ValueNode { Form: ValueForm.Boolean or ValueForm.Untyped, Text: "false" })
        {
            upstreams.Remove(upstream);
        }
        else if (node is SectionNode members)
        {
            var isBuiltIn = upstreams.TryGetValue(upstream, out var entry);
            upstreams[upstream] = entry ??= new();
            section.Read(members, entry, path, reading);
            if (!isBuiltIn)
            {
                section.RequireGiven(members, path, reading);
            }
        }
        else
        {
            var problem = $"is not an upstream: write {section.Example()}, or false to switch it off.";
            reading.Reject(path, node, problem, showValue: false);
        }
    }

    private static string? NameProblem(string name)
    {
        if (Reserved.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return $"has a reserved name: call the upstream something else than {string.Join(", ", Reserved)}.";
        }

        var isPlain = name.Length is > 0 and <= LongestName
            && char.IsAsciiLetterOrDigit(name[0])
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
        return isPlain
            ? null
            : "has a name that cannot stand in a header: use letters, digits, \"-\", \"_\" and \".\" only.";
    }
}
