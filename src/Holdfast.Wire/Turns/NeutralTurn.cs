using System.Text.Json;

namespace Holdfast.Wire.Turns;

/// <summary>What one request and its answer say, in one shape for all protocols. Filled by the reader of the protocol; its
/// elements live as long as the documents they come from.</summary>
public sealed class NeutralTurn
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
