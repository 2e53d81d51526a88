using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration;

/// <summary>What loading the configuration gave: options to use, or every reason not to use them.</summary>
/// <param name="Options">The settings in force; only to be used when there are no errors.</param>
/// <param name="Errors">Every error, not only the first.</param>
/// <param name="File">The file that was read; null when there is none.</param>
internal sealed record ConfigurationResult(
    HoldfastOptions Options, IReadOnlyList<ConfigurationError> Errors, string? File)
{
    public bool IsValid => Errors.Count == 0;
}
