using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>Text with a check of its own; the check answers what is wrong and the way out, or null.</summary>
internal sealed class TextKind(string name, Func<string, string?> check, string example = "…") : ValueKind<string>
{
    /// <summary>Whether it may be a URL with a name and password, which are never written out.</summary>
    public bool MayHoldUser { get; init; }

    public override string Name => name;

    public override string Example => $"\"{example}\"";

    public override Parsed<string> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value)
        {
            return Wrong($"is not a {name}: write it in quotes.");
        }

        return check(value.Text) is { } problem ? Wrong(problem) : Right(value.Text);
    }

    public override void Write(Utf8JsonWriter json, object value) =>
        json.WriteStringValue(MayHoldUser ? SettingsReading.WithoutUser((string)value) : (string)value);

    public override void WriteSchema(Utf8JsonWriter json) => WriteTypes(json, "string");
}

/// <summary>An HTTP status or a class of them, as text: <c>503</c>, with quotes or without, or <c>5xx</c>.</summary>
internal sealed class StatusKind : ValueKind<string>
{
    private const string Pattern = "^[1-5]([0-9]{2}|xx)$";

    public static StatusKind Instance { get; } = new();

    public override string Name => "status or class of them";

    public override string Example => "\"5xx\"";

    public override Parsed<string> Read(SettingNode node, SettingsReading reading) =>
        node is ValueNode { Form: not ValueForm.Boolean } value && IsStatus(value.Text)
            ? Right(value.Text)
            : Wrong("is not a status: write 100 to 599, or a class of them as \"5xx\".");

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue((string)value);

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "string", "integer");
        json.WriteString("pattern", Pattern);
        json.WriteNumber("minimum", 100);
        json.WriteNumber("maximum", 599);
    }

    private static bool IsStatus(string text) => text is [>= '1' and <= '5', var tens, var ones]
        && ((char.IsAsciiDigit(tens) && char.IsAsciiDigit(ones)) || (tens, ones) is ('x', 'x'));
}

/// <summary>The name of an environment variable, the only way a secret gets in.</summary>
internal sealed class VariableNameKind : ValueKind<string>
{
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    public static VariableNameKind Instance { get; } = new();

    public override string Name => "name of an environment variable";

    public override string Example => "\"NAME_OF_A_VARIABLE\"";

    public override Parsed<string> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value
            || value.Text.Length == 0
            || char.IsAsciiDigit(value.Text[0])
            || !value.Text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
        {
            return Wrong("is not the name of an environment variable: "
                + "put the secret into a variable and write its name.");
        }

        if (!reading.Environment.TryGetValue(value.Text, out var secret) || string.IsNullOrWhiteSpace(secret))
        {
            return Wrong("names an environment variable that is not set: export it before the start.");
        }

        return secret.Trim() != secret || secret.Any(char.IsControl)
            ? Wrong("names an environment variable whose value begins or ends with a blank or holds a line break: "
                + "set it again.")
            : Right(value.Text);
    }

    // Somebody may have written the secret itself: only what looks like a variable's name is shown.
    public override bool MayShow(SettingNode node) =>
        node is ValueNode { Text.Length: <= 64 } value && value.Text.All(letter => Upper.Contains(letter));

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue((string)value);

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "string");
        json.WriteString("pattern", "^[A-Za-z_][A-Za-z0-9_]*$");
    }
}

/// <summary>Path of a file that can be read; made absolute from the folder of the configuration file.</summary>
internal sealed class FileKind : ValueKind<string>
{
    public static FileKind Instance { get; } = new();

    public override string Name => "path";

    public override string Example => "\"path/to/file.pem\"";

    public override Parsed<string> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Text or ValueForm.Untyped, Text: not "" } value)
        {
            return Wrong("is not a path: write it in quotes.");
        }

        var path = reading.FullPath(value.Text);
        if (!File.Exists(path))
        {
            return Wrong($"does not exist ({path}): check the path; relative ones start at the configuration file.");
        }

        try
        {
            using var file = File.OpenRead(path);
            return Right(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return Wrong($"cannot be read ({path}): let this user read it.");
        }
    }

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue((string)value);

    public override void WriteSchema(Utf8JsonWriter json) => WriteTypes(json, "string");
}

/// <summary>The base URL of an upstream.</summary>
internal sealed class UrlKind : ValueKind<Uri>
{
    public static UrlKind Instance { get; } = new();

    public override string Name => "URL";

    public override string Example => "\"https://host/v1\"";

    public override Parsed<Uri> Read(SettingNode node, SettingsReading reading) =>
        node is ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value
            ? AddressRules.BaseUrl(value.Text) is { } problem ? Wrong(problem) : Right(new Uri(value.Text))
            : Wrong("is not a URL: write it in quotes.");

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue(((Uri)value).OriginalString);

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "string");
        json.WriteString("pattern", "^https?://");
    }
}
