using System.Buffers;
using System.Text;
using Holdfast.Failover;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>A whole answer of an upstream that is held until it is known whether the client gets it. Owns its bytes and its
/// head.</summary>
internal sealed class UpstreamAnswer(HttpResponseMessage response, PooledBytes body, string contentType) : IDisposable
{
    /// <summary>Its status line and headers.</summary>
    public HttpResponseMessage Response => response;

    /// <summary>Its body.</summary>
    public ReadOnlySequence<byte> Body => body.Bytes;

    /// <summary>Whether something was changed before it was held.</summary>
    public bool IsRepaired { get; init; }

    /// <summary>Its status.</summary>
    public int Status => (int)response.StatusCode;

    /// <summary>Whether it is a page for people.</summary>
    public bool IsHtml { get; } = HtmlPage.IsIn(contentType, body.Bytes.FirstSpan);

    /// <summary>The error's type or code, where it names one.</summary>
    public string? Type => ErrorPeek.TypeOf(Bytes(64 * 1024));

    /// <summary>What it is in a few words, for the record: the error's type, or a page's title. Never its message, which may
    /// quote what was asked, and with which key (R131).</summary>
    public string Summary => IsHtml ? $"HTML page{HtmlPage.TitleOf(Body)}" : Type ?? $"status {Status}";

    /// <summary>The whole body as one piece, or as much of it.</summary>
    public byte[] Bytes(int most = int.MaxValue) => Body.Slice(0, Math.Min(Body.Length, most)).ToArray();

    /// <summary>What it says, for the classifier.</summary>
    public Failure ToFailure(DateTimeOffset now) => new()
    {
        Status = Status,
        Message = Encoding.UTF8.GetString(Bytes(Excerpt.Longest)),
        RetryAfter = RetryHeaders.Read(HeaderOf, now),
        Now = now,
    };

    /// <summary>What it says about asking again (<c>x-should-retry</c>); null where it says nothing.</summary>
    public bool? ShouldRetry => RetryHeaders.ShouldRetry(HeaderOf);

    /// <summary>A header's value; null where it is not there.</summary>
    public string? HeaderOf(string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}
