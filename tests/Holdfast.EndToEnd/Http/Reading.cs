using System.Text.Json;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Http;

/// <summary>Reads answers of the four protocols as a strict client does. Throws on what no client could read.</summary>
internal static class Reading
{
    /// <summary>What the default answer says, delta by delta.</summary>
    public static readonly IReadOnlyList<string> Words = ["Holdfast ", "simulator: ", "your ", "setup ", "works. "];

    /// <summary>The text of the first deltas.</summary>
    public static string Text(int deltas) => string.Concat(Words.Take(deltas));

    /// <summary>The text that all deltas of a stream add up to.</summary>
    public static string TextOf(string protocol, SseTranscript stream) => string.Concat(
        stream.Events.Where(e => !e.IsDone).Select(e => e.Json).Select(json => protocol switch
        {
            "anthropic" => At(json, "delta", "text"),
            "openai-chat" => At(json, "choices", "0", "delta", "content"),
            "openai-responses" => At(json, "type") == "response.output_text.delta" ? At(json, "delta") : "",
            _ => At(json, "candidates", "0", "content", "parts", "0", "text"),
        }));

    /// <summary>The text of a whole answer.</summary>
    public static string TextOf(string protocol, string body)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(body);
        return protocol switch
        {
            "anthropic" => At(json, "content", "0", "text"),
            "openai-chat" => At(json, "choices", "0", "message", "content"),
            "openai-responses" => At(json, "output", "0", "content", "0", "text"),
            _ => At(json, "candidates", "0", "content", "parts", "0", "text"),
        };
    }

    /// <summary>Whether a stream ended with its protocol's own terminal event.</summary>
    public static bool EndsWell(string protocol, SseTranscript stream) => protocol switch
    {
        "anthropic" => stream.EventTypes[^1] == "message_stop",
        "openai-chat" => stream.Events[^1].IsDone && !stream.Events[^2].Raw.Contains("\"error\""),
        "openai-responses" => stream.EventTypes[^1] == "response.completed",
        _ => At(stream.Events[^1].Json, "candidates", "0", "finishReason") == "STOP",
    };

    /// <summary>The message of the error a stream ended with, where its protocol's clients look for it.</summary>
    public static string ErrorOf(string protocol, SseTranscript stream)
    {
        var last = stream.Events[^1];
        switch (protocol)
        {
            case "anthropic":
                Assert.Equal("error", last.Type);
                return ErrorOf(protocol, last.Data);
            case "openai-chat":
                Assert.True(last.IsDone);
                return ErrorOf(protocol, stream.Events[^2].Data);
            case "openai-responses":
                Assert.Equal("response.failed", last.Type);
                var numbers = stream.Events.Where(e => e.Type != "keepalive")
                    .Select(e => e.Json.GetProperty("sequence_number").GetInt32()).ToList();
                Assert.Equal(Enumerable.Range(0, numbers.Count), numbers);
                return At(last.Json, "response", "error", "message");
            default:
                return ErrorOf(protocol, last.Data);
        }
    }

    /// <summary>The message of an error body, which must have the protocol's own shape.</summary>
    public static string ErrorOf(string protocol, string body)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal(protocol == "anthropic" ? "error" : "", At(json, "type"));
        Assert.Equal(
            protocol switch { "anthropic" => "api_error", "gemini" => "UNAVAILABLE", _ => "connection_error" },
            protocol == "gemini" ? At(json, "error", "status") : At(json, "error", "type"));
        return At(json, "error", "message");
    }

    /// <summary>How many keepalives of ours a stream holds, in the form its protocol's clients take.</summary>
    public static int KeepalivesOf(string protocol, SseTranscript stream) =>
        stream.Entries.Count(entry => protocol switch
        {
            "anthropic" => entry.Type == "ping",
            "openai-chat" => entry.Kind == SseKind.Comment,
            "openai-responses" => entry.Type == "keepalive" || entry.Kind == SseKind.Blank,
            _ => entry.Kind == SseKind.Blank,
        });

    private static string At(JsonElement json, params string[] path)
    {
        foreach (var step in path)
        {
            var isIndex = int.TryParse(step, out var index);
            if (isIndex && json.ValueKind == JsonValueKind.Array && json.GetArrayLength() > index)
            {
                json = json[index];
            }
            else if (isIndex || json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(step, out json))
            {
                return "";
            }
        }

        return json.ValueKind == JsonValueKind.String ? json.GetString()! : "";
    }
}
