using System.Text.Json;

namespace Holdfast.Clients;

/// <summary>What Codex says in <c>x-codex-turn-metadata</c> that is the same in all sendings of one request.</summary>
/// <param name="Turn">The turn. What is sent after a tool belongs to it as well, and has more input.</param>
/// <param name="Kind">What for: a turn, a prewarming, a compaction.</param>
/// <param name="Session">The session.</param>
/// <param name="Thread">The thread.</param>
internal sealed record CodexTurn(string Turn, string? Kind, string? Session, string? Thread)
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Reads the header; null where it names no turn. Never throws.</summary>
    public static CodexTurn? Read(string header)
    {
        if (header.Length == 0)
        {
            return null;
        }

        try
        {
            using var metadata = JsonDocument.Parse(header, Options);
            return TextIn(metadata, "turn_id") is { } turn
                ? new(turn, TextIn(metadata, "request_kind"), TextIn(metadata, "session_id"), TextIn(metadata, "thread_id"))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextIn(JsonDocument metadata, string name) =>
        metadata.RootElement.ValueKind == JsonValueKind.Object
        && metadata.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
