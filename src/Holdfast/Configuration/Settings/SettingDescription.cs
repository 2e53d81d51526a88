using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Settings;

/// <summary>What can be said about a setting without a value: the material of the reference and the schema.</summary>
/// <param name="Name">Its name in its section; <c>&lt;name&gt;</c> where the user chooses it.</param>
/// <param name="Owner">The options class whose property of the same name holds the doc comment.</param>
/// <param name="Kind">What may be written.</param>
/// <param name="WriteSchema">Writes the members of its JSON schema.</param>
internal sealed record SettingDescription(string Name, Type Owner, string Kind, Action<Utf8JsonWriter> WriteSchema)
{
    public bool IsRequired { get; init; }

    /// <summary>The default as JSON; null where there is none.</summary>
    public string? Default { get; init; }

    /// <summary>The settings below it; empty for a value.</summary>
    public IReadOnlyList<SettingDescription> Children { get; init; } = [];

    /// <summary>Whether <see cref="Children"/> describes each of any number of entries; any may be <c>false</c>.</summary>
    public bool IsMap { get; init; }

    /// <summary>Whether <see cref="Children"/> describes each element of a list.</summary>
    public bool IsList { get; init; }

    /// <summary>Writes the schema of the text an element of a list may be instead; null where it may not.</summary>
    public Action<Utf8JsonWriter>? WriteTextSchema { get; init; }

    /// <summary>The path of what is below it: <c>upstreams.&lt;name&gt;</c>, <c>routes[]</c>, <c>streaming</c>.</summary>
    public string PathBelow(string path) =>
        SettingsReading.Join(path, IsMap ? $"{Name}.<name>" : IsList ? $"{Name}[]" : Name);
}
