using System.Buffers;
using System.Text;
using Holdfast.Failover;
using Holdfast.Wire;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Passages;

namespace Holdfast.Answers;

/// <summary>An answer of an upstream that is held until it is known whether the client gets it. Owns its head and its
/// bytes.</summary>
/// <param name="response">Its head.</param>
internal abstract class HeldAnswer(HttpResponseMessage response) : IDisposable
{
    /// <summary>Its status line and headers.</summary>
    public HttpResponseMessage Response => response;

    /// <summary>Its status.</summary>
    public int Status => (int)response.StatusCode;

    /// <summary>Whether it says that it is well.</summary>
    public bool IsSuccess => response.IsSuccessStatusCode;

    /// <summary>What it says about asking again (<c>x-should-retry</c>); null where it says nothing.</summary>
    public bool? ShouldRetry => RetryHeaders.ShouldRetry(HeaderOf);

    /// <summary>A header's value; null where it is not there.</summary>
    public string? HeaderOf(string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    public virtual void Dispose() => response.Dispose();
}

/// <summary>The events of a stream that told of a failure before it had said anything.</summary>
/// <param name="response">Its head.</param>
/// <param name="events">All that has come, as the client would get it.</param>
/// <param name="passage">The way it took, and what is known of it.</param>
/// <param name="end">How it ended.</param>
internal sealed class HeldEvents(
    HttpResponseMessage response, ReadOnlyMemory<byte> events, StreamPassage passage, StreamVerdict end) : HeldAnswer(response)
{
    /// <summary>Its head, as the client would get it.</summary>
    public AnswerHead Head => AnswerHead.OfStream(Response, passage.Client.Framing);

    /// <summary>All that has come, as the client would get it.</summary>
    public ReadOnlyMemory<byte> Events => events;

    /// <summary>The way it took, and what is known of it.</summary>
    public StreamPassage Passage => passage;

    /// <summary>How it ended.</summary>
    public StreamVerdict End => end;
}

/// <summary>A whole answer.</summary>
/// <param name="response">Its head.</param>
/// <param name="body">Its body.</param>
/// <param name="contentType">What it says that its body is.</param>
internal sealed class HeldDocument(HttpResponseMessage response, PooledBytes body, string contentType) : HeldAnswer(response)
{
    /// <summary>Its body.</summary>
    public ReadOnlySequence<byte> Body => body.Bytes;

    /// <summary>Its head, as the client would get it.</summary>
    public required AnswerHead Head { get; init; }

    /// <summary>What was done to it.</summary>
    public required Fidelity Fidelity { get; init; }

    /// <summary>Whether it is a page for people.</summary>
    public bool IsHtml { get; } = HtmlPage.IsIn(contentType, body.Bytes.FirstSpan);

    /// <summary>The error's type or code, where it names one.</summary>
    public string? Type => ErrorPeek.TypeOf(Bytes(64 * 1024));

    /// <summary>What it is in a few words, for the record: the error's type, or a page's title. Never its message, which may
    /// quote what was asked, and with which key.</summary>
    public string Summary => IsHtml ? $"HTML page{HtmlPage.TitleOf(Body)}" : Type ?? $"status {Status}";

    /// <summary>The body as one piece, or as much of it.</summary>
    public byte[] Bytes(int most = int.MaxValue) => Body.Slice(0, Math.Min(Body.Length, most)).ToArray();

    /// <summary>What it says, for the classifier.</summary>
    public Failure ToFailure(DateTimeOffset now) => new()
    {
        Status = Status,
        Message = Encoding.UTF8.GetString(Bytes(Excerpt.Longest)),
        RetryAfter = RetryHeaders.Read(HeaderOf, now),
        Now = now,
    };

    public override void Dispose()
    {
        body.Dispose();
        base.Dispose();
    }
}
