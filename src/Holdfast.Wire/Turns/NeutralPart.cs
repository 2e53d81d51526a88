using System.Text.Json;

namespace Holdfast.Wire.Turns;

/// <summary>One part of a message.</summary>
/// <param name="Kind">The word for <c>part_type</c>.</param>
/// <param name="Source">The part as it came.</param>
public sealed record NeutralPart(string Kind, JsonElement Source)
{
    public string? Text { get; init; }

    public string? ToolName { get; init; }

    public string? CallId { get; init; }

    /// <summary>A call's arguments: JSON, or a string that holds JSON; undefined for none.</summary>
    public JsonElement Arguments { get; init; }

    public string? CallerType { get; init; }

    public string? ResultFor { get; init; }

    public string? ToolStatus { get; init; }

    public bool? IsError { get; init; }

    public string? Signature { get; init; }

    public string? Type { get; init; }

    public string? Subtype { get; init; }
}
