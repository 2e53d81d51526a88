using System.Net;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>Words the tests of upstream connections share: an upstream with short settings, a request, its outcome.</summary>
public abstract class UpstreamTestBase
{
    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private protected static Upstream Connect(
        Uri baseUrl,
        Action<UpstreamOptions>? configure = null,
        TimeSpan? connectTimeout = null,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        Func<string, string?>? environment = null)
    {
        var options = new UpstreamOptions { Protocol = ProtocolFamily.Anthropic, BaseUrl = baseUrl, Proxy = "off" };
        configure?.Invoke(options);
        var surroundings = new UpstreamSurroundings(
            connectTimeout ?? TimeSpan.FromSeconds(10), TimeProvider.System, environment ?? (_ => null));
        return new("anthropic", options, resolve is null ? surroundings : surroundings with { Resolve = resolve });
    }

    private protected static UpstreamRequest Post(Upstream upstream, string body = "{}") =>
        new(HttpMethod.Post, upstream.Target("/v1/messages")) { Content = new StringContent(body) };

    /// <summary>One attempt as the relay makes it: send, then read the answer to its end.</summary>
    private protected static async Task<Outcome> AttemptAsync(Upstream upstream, bool fresh = false)
    {
        var afterHeaders = false;
        using var request = Post(upstream);
        var trace = request.Trace;
        try
        {
            var sending = fresh
                ? upstream.SendFreshAsync(request, CancellationToken.None)
                : upstream.SendAsync(request, CancellationToken.None);
            using var response = await sending.AsTask().WaitAsync(Deadline);
            afterHeaders = true;
            await response.Content.ReadAsStringAsync().WaitAsync(Deadline);
            return new(response.StatusCode, null, trace);
        }
        catch (Exception exception) when (exception is not TimeoutException)
        {
            return new(null, UpstreamFailure.From(exception, trace, afterHeaders), trace);
        }
    }

    /// <summary>Makes one attempt, and the stale repeat where it is allowed.</summary>
    private protected static async Task<(Outcome Last, bool Repeated)> ExchangeAsync(Upstream upstream)
    {
        var outcome = await AttemptAsync(upstream);
        return outcome.Failure is { } failure && upstream.MayRepeatStale(outcome.Trace, failure)
            ? (await AttemptAsync(upstream, fresh: true), true)
            : (outcome, false);
    }

    private protected sealed record Outcome(HttpStatusCode? Status, UpstreamFailure? Failure, ConnectionTrace Trace);
}
