using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration;

/// <summary>Makes the options out of command line, environment and file, in that order of strength.</summary>
internal static class HoldfastConfiguration
{
    public const string DefaultFile = "holdfast.json";

    private const string EditorHint = "$schema";

    /// <summary>The file that is read where none is named.</summary>
    public static string DefaultFileIn(string home) => Path.Combine(home, DefaultFile);

    /// <summary>Never throws for a wrong configuration: the result holds every error.</summary>
    public static ConfigurationResult Load(ConfigurationSources sources)
    {
        var file = FileOf(sources);
        var folder = Path.GetDirectoryName(file) ?? sources.Home;
        var reading = new SettingsReading(sources, folder, SettingsTable.PlaceOf);

        var root = ReadFile(sources, file, reading);
        EnvironmentSettings.Overlay(root, sources.Environment, reading);
        OverlayCommandLine(root, sources);

        var options = new HoldfastOptions();
        SettingsTable.Root.Read(root, options, "", reading);
        ConfigurationRules.Check(options, reading);
        return new(options, InOrderOfTheFile(reading.Errors), file);
    }

    private static ConfigurationError[] InOrderOfTheFile(IEnumerable<ConfigurationError> errors) =>
        [.. errors.OrderBy(error => error.Line == 0 ? int.MaxValue : error.Line)];

    private static string? FileOf(ConfigurationSources sources)
    {
        if (sources.ConfigFile is { } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        var usual = DefaultFileIn(sources.Home);
        return sources.Text is null && (sources.ExpectsFile || File.Exists(usual)) ? usual : null;
    }

    private static SectionNode ReadFile(ConfigurationSources sources, string? file, SettingsReading reading)
    {
        try
        {
            var text = sources.Text is not null ? System.Text.Encoding.UTF8.GetBytes(sources.Text)
                : file is not null ? File.ReadAllBytes(file)
                : "{}"u8.ToArray();
            var root = SettingsFileReader.Read(text, reading);
            root.Remove(EditorHint);
            return root;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            var name = sources.ConfigFile is null ? "The configuration file" : "--config";
            reading.Add("--config", $"{name} ({SettingsReading.Quote(file!)}) cannot be read: "
                + (File.Exists(file) ? "let this user read it." : "there is no such file."));
            return new();
        }
    }

    private static void OverlayCommandLine(SectionNode root, ConfigurationSources sources)
    {
        const string Option = "--listen";
        if (sources.Listen.Count > 0)
        {
            var listeners = sources.Listen.Select(url => new ValueNode(ValueForm.Untyped, url, Option));
            root.Overlay(["listen"], new ListNode([.. listeners], Option));
        }
    }
}
