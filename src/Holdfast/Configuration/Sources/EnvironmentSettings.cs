using System.Globalization;

namespace Holdfast.Configuration.Sources;

/// <summary>Overlays what the environment says on what the file says. An empty variable counts as not set.</summary>
internal static class EnvironmentSettings
{
    /// <summary>What <c>HOLDFAST__SECTION__KEY</c> begins with.</summary>
    public const string Prefix = "HOLDFAST__";

    // Variables that users of other gateways have set already, in seconds.
    private const string Stream = "STREAM_TIMEOUT";
    private const string Request = "REQUEST_TIMEOUT";
    private const string Connect = "CONNECT_TIMEOUT";

    public static void Overlay(SectionNode root, IReadOnlyDictionary<string, string> variables, SettingsReading reading)
    {
        OverlaySeconds(root, Stream, ["streaming", "stallAfter"], variables, reading);
        OverlaySeconds(root, Stream, ["timeouts", "firstByte"], variables, reading);
        OverlaySeconds(root, Request, ["timeouts", "request"], variables, reading);
        OverlaySeconds(root, Connect, ["timeouts", "connect"], variables, reading);

        // Many programs read DEBUG, in many forms ("app:*"): only a plain yes or no is meant for us.
        if (YesOrNo(variables.GetValueOrDefault("DEBUG", "")) is { } debug)
        {
            root.Overlay(["debug"], new ValueNode(ValueForm.Untyped, debug, "DEBUG"));
        }

        // In a fixed order, so that two variables for one setting always give the same.
        foreach (var name in variables.Keys.Where(IsOurs).Order(StringComparer.Ordinal))
        {
            if (variables[name] is { Length: > 0 } value)
            {
                var path = name[Prefix.Length..].ToLowerInvariant().Split("__");
                root.Overlay(path, new ValueNode(ValueForm.Untyped, value, name));
            }
        }
    }

    /// <summary>The variable that sets <paramref name="path"/>.</summary>
    public static string VariableOf(string path) =>
        Prefix + path.Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();

    private static bool IsOurs(string variable) => variable.StartsWith(Prefix, StringComparison.Ordinal);

    private static void OverlaySeconds(
        SectionNode root, string variable, string[] setting, IReadOnlyDictionary<string, string> variables,
        SettingsReading reading)
    {
        if (!variables.TryGetValue(variable, out var value) || value.Length == 0)
        {
            return;
        }

        var text = value;
        if (value is not ("off" or "null"))
        {
            if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
                || !(Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds))
            {
                // The first setting of a variable speaks for all of them.
                if (!reading.IsWrong(variable))
                {
                    reading.Add(variable, $"{variable} ({SettingsReading.Quote(value)}) is not a number of seconds: "
                        + "write it as 300 or 2.5, or \"off\".");
                }

                return;
            }

            text = TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture);
        }

        root.Overlay(setting, new ValueNode(ValueForm.Untyped, text, variable));
    }

    private static string? YesOrNo(string value) => value.ToUpperInvariant() switch
    {
        "TRUE" or "1" => "true",
        "FALSE" or "0" => "false",
        _ => null,
    };
}
