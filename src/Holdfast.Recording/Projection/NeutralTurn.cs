using System.Text.Json;
using Holdfast.Wire.Json;

namespace Holdfast.Recording.Projection;

/// <summary>What one request and its answer say, in one shape for all protocols. Filled by the reader of the protocol; its
/// elements live as long as the documents they come from.</summary>
internal sealed class NeutralTurn
{
    public string? Model { get; set; }

    public string? SystemText { get; set; }

    /// <summary>The tools offered; undefined for none.</summary>
    public JsonElement Tools { get; set; }

    /// <summary>The thread, where the request names one.</summary>
    public string? Conversation { get; set; }

    /// <summary>The user as the request names one; Claude Code's is JSON.</summary>
    public string? User { get; set; }

    /// <summary>How the client was started, as Claude Code states it beside its system prompt.</summary>
    public string? Entrypoint { get; set; }

    public List<NeutralMessage> Request { get; } = [];

    public List<NeutralMessage> Answer { get; } = [];

    /// <summary>Why the answer stopped, in our words.</summary>
    public string? FinishReason { get; set; }

    /// <summary>The provider's category of a refusal or failure inside the answer.</summary>
    public string? StopCode { get; set; }

    /// <summary>Its explanation.</summary>
    public string? StopText { get; set; }
}

/// <summary>One message: whose it is, under which id its author knows it, and its parts.</summary>
internal sealed record NeutralMessage(string Role, string? Id)
{
    public List<NeutralPart> Parts { get; } = [];
}

/// <summary>One part of a message.</summary>
/// <param name="Kind">The word for <c>part_type</c>.</param>
/// <param name="Source">The part as it came.</param>
internal sealed record NeutralPart(string Kind, JsonElement Source)
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

/// <summary>The words for <see cref="NeutralPart.Kind"/> that the protocols share.</summary>
internal static class PartKinds
{
    public const string Text = "text";
    public const string Reasoning = "reasoning";
    public const string ToolCall = "tool_call";
    public const string ToolResult = "tool_result";
    public const string Image = "image";
    public const string File = "file";
    public const string Error = "error";
    public const string Exchange = "exchange";
    public const string Unknown = "unknown";
}
