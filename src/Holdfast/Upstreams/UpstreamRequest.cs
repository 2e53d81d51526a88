namespace Holdfast.Upstreams;

/// <summary>The request of one attempt, and the trace of what the sockets do for it. Use a new one for every
/// attempt.</summary>
internal sealed class UpstreamRequest(HttpMethod method, Uri url) : HttpRequestMessage(method, url)
{
    /// <summary>What the sockets do for this attempt.</summary>
    public ConnectionTrace Trace { get; } = new();
}
