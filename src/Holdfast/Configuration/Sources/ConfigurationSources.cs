namespace Holdfast.Configuration.Sources;

/// <summary>Everything a configuration is made from. Reads nothing itself, so that tests need no process.</summary>
internal sealed record ConfigurationSources
{
    /// <summary>The folder that holds the default file.</summary>
    public required string Home { get; init; }

    /// <summary>The file named by <c>--config</c>, which must exist.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Whether the default file must exist too: it did when it was read before.</summary>
    public bool ExpectsFile { get; init; }

    /// <summary>The file's text in the place of a file.</summary>
    public string? Text { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The values of <c>--listen</c>; they replace the list.</summary>
    public IReadOnlyList<string> Listen { get; init; } = [];
}
