using System.Text.Encodings.Web;

namespace Holdfast.Configuration.Sources;

/// <summary>One reading of the settings: collects every error and says things the way a person can act on.</summary>
/// <param name="sources">What is read.</param>
/// <param name="folder">Where relative paths start.</param>
/// <param name="placeOf">Where a setting of a name belongs, for a person who wrote it elsewhere; null for no setting's name.</param>
internal sealed class SettingsReading(ConfigurationSources sources, string folder, Func<string, string?> placeOf)
{
    private const int LongestShown = 120;

    private readonly List<ConfigurationError> _errors = [];
    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SettingNode> _origins = new(StringComparer.Ordinal);

    public IReadOnlyList<ConfigurationError> Errors => _errors;

    public IReadOnlyDictionary<string, string> Environment => sources.Environment;

    /// <summary>Where a setting of that name belongs, for a person who wrote it elsewhere; null for no setting's name.</summary>
    public string? PlaceOf(string name) => placeOf(name);

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>Text as messages show it: quoted, bounded, without the parts of a URL that may hold secrets.</summary>
    public static string Quote(string text)
    {
        var query = text.IndexOf('?', StringComparison.Ordinal);
        var shown = WithoutUser(query < 0 ? text : text[..(query + 1)] + "…");
        shown = shown.Length > LongestShown ? shown[..LongestShown] + "…" : shown;
        return $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(shown)}\"";
    }

    /// <summary>A URL without the name and password it may hold.</summary>
    public static string WithoutUser(string text)
    {
        var at = text.LastIndexOf('@');
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        return at < 0 ? text : (scheme < 0 ? "" : text[..(scheme + 3)]) + "***" + text[at..];
    }

    /// <summary>Whether an error names this setting already, so that no other need follow from it.</summary>
    public bool IsWrong(string path) => _wrong.Contains(path);

    public void Add(string setting, string message, int line = 0) => Add(setting, setting, message, line);

    /// <summary>Records that the value of a setting is wrong, under the name by which it was given.</summary>
    public void Reject(string path, SettingNode node, string problem, bool showValue = true)
    {
        var name = node.Source ?? path;
        var value = showValue && node is ValueNode scalar ? $" ({Show(scalar)})" : "";
        Add(path, name, $"{name}{value} {problem}", node.Line);
    }

    /// <summary>Records that a setting, as it was read, does not go with the others.</summary>
    public void RejectRule(string path, string? value, string problem)
    {
        var origin = _origins.GetValueOrDefault(path);
        var name = origin?.Source ?? path;
        Add(name, $"{name}{(value is null ? "" : $" ({Quote(value)})")} {problem}", origin?.Line ?? 0);
    }

    /// <summary>Remembers where a setting was given, for rules that are checked at the end.</summary>
    public void Remember(string path, SettingNode node) => _origins[path] = node;

    public bool IsGiven(string path) => _origins.ContainsKey(path);

    /// <summary>A path as written in the file, made absolute: relative ones start where the file stands.</summary>
    public string FullPath(string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) && Environment.TryGetValue("HOME", out var home)
            ? Path.GetFullPath(path[2..], home)
            : Path.GetFullPath(path, folder);

    private void Add(string path, string name, string message, int line)
    {
        _wrong.Add(path);
        _errors.Add(new(name, message, line));
    }

    private static string Show(ValueNode node) =>
        node.Form is ValueForm.Text or ValueForm.Untyped ? Quote(node.Text) : node.Text;
}
