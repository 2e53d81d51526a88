
namespace Holdfast.Configuration.Sources;

/// <summary>One thing wrong with the configuration: a sentence with the setting, its value and the way out.</summary>
/// <param name="Setting">The setting's path, or the variable or option it came from; empty for the whole file.</param>
/// <param name="Message">What to print. Never holds a secret.</param>
/// <param name="Line">The line in the file; 0 when it has none.</param>
internal sealed record ConfigurationError(string Setting, string Message, int Line = 0)
{
    public override string ToString() => Line > 0 ? $"line {Line}: {Message}" : Message;
}
