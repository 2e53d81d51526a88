namespace Holdfast.Upstreams;

/// <summary>The request of one attempt, and the trace of what the sockets do for it. Use a new one for every
/// attempt.</summary>
internal sealed class UpstreamRequest(HttpMethod method, Uri url) : HttpRequestMessage(method, url)
{
    /// <summary>What the sockets do for this attempt.</summary>
    public ConnectionTrace Trace { get; } = new();

    /// <summary>Whether a connection that cannot be set up may be dialled again as configured; not where somebody else
    /// can be asked meanwhile.</summary>
    public bool MayDialAgain { get; init; } = true;
}
