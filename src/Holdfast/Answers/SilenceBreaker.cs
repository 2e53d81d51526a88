using Holdfast.Clients;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;

namespace Holdfast.Answers;

/// <summary>Keeps the client's side alive while its exchange waits: opens streams early, sends keepalives, or interim
/// responses to those who take them. Decides what is sent; the exchange's loop decides when.</summary>
internal sealed class SilenceBreaker(HoldfastOptions options, ExchangeTools tools)
{
    /// <summary>How long a client may hear nothing.</summary>
    public TimeSpan KeepAliveAfter => options.Streaming.KeepAliveAfter;

    /// <summary>From now on the client waits.</summary>
    public void Begin(ClientRequest request, Exchange exchange, Vigil vigil)
    {
        vigil.ClientSilence.Start(request.CanBeOpenedEarly ? OpenEarlyAfter(request, exchange) : KeepAliveAfter);
        if (request.CanBeOpenedEarly)
        {
            exchange.Stream ??= AnswerFor(request, exchange);
        }
    }

    /// <summary>The client has heard nothing for long: gives it something to hear.</summary>
    public async ValueTask BreakAsync(ClientRequest request, Exchange exchange, Vigil vigil)
    {
        if (vigil.IsClientGone)
        {
            // The answer goes on; nobody is there to be kept waiting.
            vigil.ClientSilence.Stop();
            return;
        }

        // A JSON array is not opened early: once it is, a failure could no longer be told at all (D20).
        if (exchange.Stream is not { } stream || (!stream.IsOpen && !stream.Follower.CanTellErrors))
        {
            // A whole answer: an interim response for those who take it, else TCP keep-alive has to do (D31).
            if (InterimPolicy.Accepts(request.Http))
            {
                await InterimResponses.TrySendAsync(request.Http.HttpContext, CancellationToken.None);
            }

            vigil.ClientSilence.Restart();
            return;
        }

        if (!stream.IsOpen)
        {
            stream.OpenEarly();
            tools.Metrics.OpenedEarly(exchange.Record.Protocol, exchange.Record.Upstream);
        }

        if (KeepAliveAfter == Timeout.InfiniteTimeSpan)
        {
            // No keepalives are wanted; but a client that waits for its headers is to have them.
            await stream.FlushAsync();
        }
        else
        {
            stream.KeepAlive();
        }

        vigil.ClientSilence.Start(KeepAliveAfter);
    }

    /// <summary>The client's side of a stream that is yet to come.</summary>
    /// <param name="request">What the client asks for.</param>
    /// <param name="exchange">Its exchange.</param>
    /// <param name="isArray">Whether it comes as a JSON array.</param>
    public StreamAnswer AnswerFor(ClientRequest request, Exchange exchange, bool isArray = false) =>
        new(exchange, FollowerFor(request, exchange, isArray), FormFor(request.Path.Protocol));

    /// <summary>Follows a stream of the request's protocol.</summary>
    public static StreamFollower FollowerFor(ClientRequest request, Exchange exchange, bool isArray) =>
        request.Path.StreamsKnownEvents
            ? request.Path.Protocol.Follow(new StreamContext(
                request.Model ?? "", exchange.StartedAt.ToUnixTimeSeconds(), exchange.ExchangeId,
                ErrorEventsAsFailed: request.Client.IsCodex, IsArray: isArray))
            : new OpaqueStream();

    /// <summary>Codex waits 900 s for headers, but only 300 s for events, and blank lines do not count: on loopback,
    /// where no middlebox counts the silence, it is better left waiting (D12).</summary>
    private static TimeSpan OpenEarlyAfter(ClientRequest request, Exchange exchange)
    {
        if (exchange.Timeouts?.OpenEarlyAfter is { } configured)
        {
            return configured;
        }

        var isLocal = Loopback.IsLoopbackClient(request.Http.HttpContext);
        if (isLocal && request.Client.IsCodex)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // A client that says it will not wait that long is opened while it still waits.
        var usual = TimeSpan.FromSeconds(isLocal ? 45 : 20);
        return request.Client.Patience * 2 / 3 is { } early && early < usual ? early : usual;
    }

    private KeepAliveForm FormFor(WireProtocol protocol)
    {
        var forms = options.Streaming.KeepAliveForms;
        return protocol.Name switch
        {
            "anthropic" => forms.Messages,
            "openai-chat" => forms.Chat,
            "openai-responses" => forms.Responses,
            _ => forms.Gemini,
        };
    }
}
