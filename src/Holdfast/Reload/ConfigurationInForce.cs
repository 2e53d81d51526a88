using Holdfast.Configuration;
using Holdfast.Configuration.Sources;

namespace Holdfast.Reload;

/// <summary>Which configuration holds. Immutable; replaced as a whole.</summary>
/// <param name="Options">The settings that hold.</param>
/// <param name="Text">The same, without secrets.</param>
/// <param name="File">The file they come from; null where there is none.</param>
/// <param name="LoadedAt">When they were read.</param>
internal sealed record ConfigurationInForce(HoldfastOptions Options, SettingsText Text, string? File, DateTimeOffset LoadedAt)
{
    /// <summary>The settings whose new value waits for a restart.</summary>
    public IReadOnlyList<string> NeedsRestart { get; init; } = [];

    /// <summary>The last reload, where it was refused; null where it was not.</summary>
    public RefusedConfiguration? Refused { get; init; }
}

/// <summary>A configuration that could not take the place of the one in force.</summary>
/// <param name="At">When it was read.</param>
/// <param name="File">The file it came from; null where there is none.</param>
/// <param name="Errors">Everything that is wrong with it.</param>
internal sealed record RefusedConfiguration(DateTimeOffset At, string? File, IReadOnlyList<ConfigurationError> Errors);

/// <summary>What a reload came to.</summary>
/// <param name="Configuration">What holds after it.</param>
/// <param name="Changed">The settings that hold another value now.</param>
internal sealed record ReloadResult(ConfigurationInForce Configuration, IReadOnlyList<string> Changed)
{
    /// <summary>Whether it was refused: then everything is as it was.</summary>
    public bool IsRefused => Configuration.Refused is not null;
}
