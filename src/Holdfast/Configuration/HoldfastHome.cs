using Holdfast.Configuration.Sources;
using Holdfast.Recording;

namespace Holdfast.Configuration;

/// <summary>The folder that holds all state: <c>HOLDFAST_HOME</c>, by default <c>~/.holdfast</c>.</summary>
internal static class HoldfastHome
{
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public const string Variable = RecordingFolder.HomeVariable;

    /// <summary>Its absolute path, whether it exists or not.</summary>
    public static string Find(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.TryGetValue(Variable, out var chosen) && chosen.Length > 0)
        {
            return Path.GetFullPath(chosen);
        }

        var home = environment.TryGetValue("HOME", out var own) && own.Length > 0
            ? own
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(Path.GetFullPath(home), ".holdfast");
    }

    /// <summary>Makes it, for this user only, when it is missing. Answers what is wrong, or null.</summary>
    public static ConfigurationError? Create(string home)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(home);
            }
            else if (!Directory.Exists(home))
            {
                Directory.CreateDirectory(home, OnlyUser);
            }

            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new(Variable, $"{Variable} ({SettingsReading.Quote(home)}) cannot be made: {refused.Message} "
                + "Name a folder this user may write to.");
        }
    }
}
