using System.Text.Json;

namespace Holdfast.TestKit;

/// <summary>The error a client of each protocol reads, written down apart from the product: in a body before a stream,
/// and as the end of one.</summary>
/// <param name="Code">Our code.</param>
/// <param name="Class">Our class of failure.</param>
/// <param name="Type">What a generic retry layer looks for: <c>connection_error</c>, <c>timeout_error</c>, …</param>
/// <param name="Message">What a person reads.</param>
public sealed record TerminalError(string Code, string Class, string Type, string Message)
{
    /// <summary>Reads the error at the end of a stream; throws where the protocol's clients would not take it as one.</summary>
    public static TerminalError OfStream(string protocol, IReadOnlyList<SseEntry> tail)
    {
        switch (protocol)
        {
            case "anthropic":
                Require(tail is [{ Type: "error" }], "one `event: error`", tail);
                Require(tail[0].Json.GetProperty("type").GetString() == "error", "type error", tail);
                break;
            case "openai-chat":
                Require(tail is [{ Type: "message" }, { IsDone: true }], "the error line, then [DONE]", tail);
                break;
            case "openai-responses":
                Require(tail is [{ Type: "response.failed" }], "one `event: response.failed`", tail);
                Require(tail[0].Json.GetProperty("type").GetString() == "response.failed", "its type", tail);
                return Of(tail[0].Json.GetProperty("response").GetProperty("error"));
            default:
                Require(tail is [{ Type: "message" }], "one data line", tail);
                break;
        }

        return Of(tail[0].Json.GetProperty("error"));
    }

    /// <summary>Reads the error of a JSON answer; throws where it has not the protocol's shape.</summary>
    public static TerminalError OfBody(string protocol, JsonElement body)
    {
        var error = body.GetProperty("error");
        switch (protocol)
        {
            case "anthropic":
                Require(body.GetProperty("type").GetString() == "error", "type error", body);
                Require(error.GetProperty("type").GetString() is { Length: > 0 }, "error.type", body);
                break;
            case "gemini":
                Require(error.GetProperty("code").ValueKind == JsonValueKind.Number, "a numeric error.code", body);
                Require(error.GetProperty("status").GetString() is { Length: > 0 }, "error.status", body);
                break;
            default:
                Require(error.GetProperty("code").GetString() is { Length: > 0 }, "error.code", body);
                Require(error.TryGetProperty("param", out _), "error.param", body);
                break;
        }

        return Of(error);
    }

    private static TerminalError Of(JsonElement error)
    {
        var ours = error.GetProperty("holdfast");
        var message = error.GetProperty("message").GetString()!;
        var type = error.TryGetProperty("type", out var t) ? t.GetString()! : "";
        return new TerminalError(ours.GetProperty("code").GetString()!, ours.GetProperty("class").GetString()!,
            type is "connection_error" or "timeout_error" ? type : KindIn(message), message);
    }

    // Where the protocol has type names of its own, the word stands in the text.
    private static string KindIn(string message) =>
        message.Contains("(connection_error", StringComparison.Ordinal) ? "connection_error"
        : message.Contains("(timeout_error", StringComparison.Ordinal) ? "timeout_error" : "";

    private static void Require(bool isSo, string what, object got)
    {
        if (!isSo)
        {
            var text = got is IEnumerable<SseEntry> entries ? string.Concat(entries.Select(e => e.Raw)) : got.ToString();
            throw new FormatException($"Wanted {what}, got: {text}");
        }
    }
}
