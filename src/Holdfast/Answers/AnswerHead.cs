using System.Globalization;
using Holdfast.Connections;
using Holdfast.Journal;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Answers;

/// <summary>The status and the headers of an answer, wherever they come from: an upstream, the journal, or ourselves.</summary>
internal readonly record struct AnswerHead
{
    /// <summary>The status the client gets.</summary>
    public required int Status { get; init; }

    /// <summary>How the events of a stream are framed; null for an answer that is whole.</summary>
    public StreamFraming? Framing { get; init; }

    /// <summary>The upstream's own head, whose end-to-end headers are copied; null where it is not an upstream's.</summary>
    public HttpResponseMessage? Upstream { get; init; }

    /// <summary>Whether the upstream's body goes through byte for byte, so that its length and coding still hold.</summary>
    public bool KeepsBody { get; init; }

    /// <summary>The head as it was kept for who comes back; null where it was not.</summary>
    public TurnHead? Kept { get; init; }

    /// <summary>What the body is, where we make it ourselves; null where the head says so.</summary>
    public string? ContentType { get; init; }

    /// <summary>Our own error in the body; null where it is none.</summary>
    public ErrorCode? Error { get; init; }

    /// <summary>The upstream's own status, where the client is told another one; null else.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>When the client may come back, in place of what an upstream said; null leaves that as it is.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The same in an upstream's own words; what stands above wins.</summary>
    public string? RetryAfterAsSaid { get; init; }

    /// <summary>Bytes of the body, where they are known and are not the head's own; null else.</summary>
    public long? Length { get; init; }

    /// <summary>The head of an upstream's answer.</summary>
    /// <param name="upstream">The answer.</param>
    /// <param name="keepsBody">Whether its body goes through byte for byte.</param>
    public static AnswerHead Of(HttpResponseMessage upstream, bool keepsBody) =>
        new() { Status = (int)upstream.StatusCode, Upstream = upstream, KeepsBody = keepsBody };

    /// <summary>The head of a stream that an upstream has begun.</summary>
    public static AnswerHead OfStream(HttpResponseMessage upstream, StreamFraming framing) =>
        new() { Status = (int)upstream.StatusCode, Upstream = upstream, Framing = framing };

    /// <summary>The head of an answer that was made for an exchange before this one.</summary>
    public static AnswerHead Of(TurnHead kept) => new()
    {
        Status = kept.Status,
        Kept = kept,
        Framing = !kept.IsStream ? null : kept.IsArray ? StreamFraming.JsonArray : StreamFraming.ServerSentEvents,
    };

    /// <summary>The head of a stream that is opened before the upstream has answered.</summary>
    public static AnswerHead OfOwnStream(StreamFraming framing) => new()
    {
        Status = StatusCodes.Status200OK,
        Framing = framing,
        ContentType = framing == StreamFraming.ServerSentEvents
            ? "text/event-stream; charset=utf-8"
            : "application/json; charset=UTF-8",
    };

    /// <summary>The head of a JSON document of our own.</summary>
    public static AnswerHead OfDocument(int status) => new() { Status = status, ContentType = "application/json" };

    /// <summary>Sets it on the response, which has not started.</summary>
    public void CopyTo(HttpResponse response)
    {
        var headers = response.Headers;
        response.StatusCode = Status;
        if (Upstream is not null)
        {
            EndToEndHeaders.CopyTo(Upstream, headers, KeepsBody);
        }

        foreach (var (name, values) in Kept?.Headers ?? [])
        {
            headers[name] = values;
        }

        if (ContentType is not null)
        {
            response.ContentType = ContentType;
        }

        if (Framing is not null)
        {
            headers["x-accel-buffering"] = "no";
            if (headers.CacheControl.Count == 0)
            {
                headers.CacheControl = Upstream is null ? "no-cache, no-transform" : "no-cache";
            }
        }

        if (Length is not null)
        {
            headers.ContentLength = Length;
        }

        CopyErrorTo(headers);
    }

    /// <summary>What the journal keeps of a head that its client has: nothing of one exchange or one connection.</summary>
    public static TurnHead ToKeep(HttpResponse response, StreamFraming? framing)
    {
        var headers = new List<KeyValuePair<string, StringValues>>(response.Headers.Count);
        foreach (var header in response.Headers)
        {
            if (!header.Key.StartsWith("holdfast-", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("connection", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            {
                headers.Add(header);
            }
        }

        return new(response.StatusCode, headers, framing is not null, framing == StreamFraming.JsonArray);
    }

    private void CopyErrorTo(IHeaderDictionary headers)
    {
        if (RetryAfterAsSaid is { } said)
        {
            headers.RetryAfter = said;
        }

        if (RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
            headers.Remove("retry-after-ms");
        }

        if (UpstreamStatus is { } status && status != Status)
        {
            headers["holdfast-upstream-status"] = status.ToString(CultureInfo.InvariantCulture);
        }

        if (Error is not { } error)
        {
            return;
        }

        headers["holdfast-error"] = error.Name;
        if (error == ErrorCodes.MethodNotAllowed)
        {
            headers.Allow = ApiMethods.Allowed;
        }

        if (error.Class == ErrorClass.Request)
        {
            // Repeating it as it is cannot help; both official SDKs obey this.
            headers["x-should-retry"] = "false";
        }
    }
}
