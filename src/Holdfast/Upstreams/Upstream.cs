using System.Net;
using System.Runtime.CompilerServices;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Upstreams;

/// <summary>One configured endpoint: where it is, who we are to it, and the connections to it. Sends what it is given;
/// knows neither clients nor candidates.</summary>
internal sealed class Upstream : IDisposable
{
    private static readonly TimeSpan ConnectRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StaleLimit = TimeSpan.FromSeconds(1);

    private readonly UpstreamOptions _options;
    private readonly UpstreamSurroundings _surroundings;
    private readonly UpstreamTarget _target;
    private readonly Lazy<HttpMessageInvoker> _pooled;
    private readonly Lazy<HttpMessageInvoker> _fresh;
    private readonly string _files;
    private int _tables;

    /// <param name="name">Its name in the configuration.</param>
    /// <param name="options">Its settings, checked.</param>
    /// <param name="surroundings">What it needs from outside.</param>
    public Upstream(string name, UpstreamOptions options, UpstreamSurroundings surroundings)
    {
        Name = name;
        _options = options;
        _surroundings = surroundings;
        _target = new(options.BaseUrl);
        _files = TrustFiles.FingerprintOf(options);
        CredentialOptions[] own = [.. options.Credential is { } one ? [one] : options.Credentials];
        PassesClientCredential = own.Length == 0 && IsDefaultName(name, options.Protocol);
        Credentials = PassesClientCredential ? [UpstreamCredential.OfClient]
            : own.Length == 0 ? [new(options.Protocol, null)]
            : [.. own.Select(credential => new UpstreamCredential(
                options.Protocol, surroundings.Environment(credential.Env), credential.Env))];

        // Built when first used: certificates are read then, and a start is not slowed by upstreams nobody asks.
        _pooled = new(() => new(UpstreamHandler.Build(options, surroundings, reuse: true)));
        _fresh = new(() => new(UpstreamHandler.Build(options, surroundings, reuse: false)));
    }

    /// <summary>Its name in the configuration.</summary>
    public string Name { get; }

    /// <summary>Whose API it speaks.</summary>
    public ProtocolFamily Family => _options.Protocol;

    /// <summary>Where it is.</summary>
    public Uri BaseUrl => _options.BaseUrl;

    /// <summary>Whether the client's own credential goes to it: only to the default upstream of its protocol, and only
    /// if that has none of its own.</summary>
    public bool PassesClientCredential { get; }

    /// <summary>What requests can be sent with, at least one; whoever sends chooses.</summary>
    public IReadOnlyList<UpstreamCredential> Credentials { get; }

    /// <summary>Whether a name is the one that makes an upstream the default of its protocol.</summary>
    public static bool IsDefaultName(string name, ProtocolFamily family) =>
        string.Equals(name, family.ToString(), StringComparison.OrdinalIgnoreCase);

    /// <summary>The URL for a client's raw target, kept byte for byte; its product prefix is gone.</summary>
    public Uri Target(string rawTarget) => _target.Join(rawTarget);

    /// <summary>Sends through the pool and returns when the answer's headers are there. A connection that cannot be set
    /// up is dialled again as configured; what was sent is never repeated here.</summary>
    /// <exception cref="HttpRequestException">And others: give them to <see cref="UpstreamFailure.From"/>.</exception>
    public ValueTask<HttpResponseMessage> SendAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        SendAsync(_pooled.Value, request, cancellationToken);

    /// <summary>Sends a request on a new connection that no other request uses: for the stale repeat.</summary>
    public ValueTask<HttpResponseMessage> SendFreshAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        SendAsync(_fresh.Value, request, cancellationToken);

    /// <summary>Whether a failed attempt may be repeated once because its connection had died unused: it was reused,
    /// gave no byte of an answer, and died within a second of our last byte.</summary>
    public bool MayRepeatStale(ConnectionTrace trace, UpstreamFailure failure)
    {
        var died = trace.EndedAt != 0 ? trace.EndedAt : _surroundings.Time.GetTimestamp();
        return trace is { Reused: true, Http2: false, AnyResponseByte: false, LastRequestByteAt: not 0 }
            && (failure.Code == ErrorCodes.UpstreamHangup || failure.Code == ErrorCodes.UpstreamReset)
            && _surroundings.Time.GetElapsedTime(trace.LastRequestByteAt, died) <= StaleLimit;
    }

    /// <summary>Whether the very same upstream would be made of these.</summary>
    public bool IsMadeOf(UpstreamOptions options, UpstreamSurroundings surroundings) =>
        surroundings == _surroundings && HasSettings(options);

    /// <summary>Whether it has these settings, and the files they name hold what they held.</summary>
    public bool HasSettings(UpstreamOptions options) =>
        options.BaseUrl.OriginalString == _options.BaseUrl.OriginalString
        && options.Credentials.SequenceEqual(_options.Credentials)
        && options with { Credentials = _options.Credentials, BaseUrl = _options.BaseUrl } == _options
        && TrustFiles.FingerprintOf(options) == _files;

    /// <summary>One table more has it.</summary>
    public void Keep() => Interlocked.Increment(ref _tables);

    /// <summary>One table less has it; after the last one it is disposed.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _tables) == 0)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var invoker in new[] { _pooled, _fresh }.Where(invoker => invoker.IsValueCreated))
        {
            invoker.Value.Dispose();
        }
    }

    public override string ToString() => Name;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> SendAsync(
        HttpMessageInvoker invoker, UpstreamRequest request, CancellationToken cancellationToken)
    {
        var trace = request.Trace;
        ConnectionTrace.Current.Value = trace;
        trace.MayShare = _options.Http2;
        request.Version = _options.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;

        var started = _surroundings.Time.GetTimestamp();
        for (var retriesLeft = request.MayDialAgain ? _options.ConnectRetries : 0; ; retriesLeft--)
        {
            try
            {
                return Answered(await invoker.SendAsync(request, cancellationToken), trace);
            }
            catch (HttpRequestException exception) when (retriesLeft > 0 && MayDialAgain(exception, trace, started))
            {
                var failure = UpstreamFailure.From(exception, trace);
                _surroundings.Logger.DiallingAgain(Name, failure.Code.Name, failure.Detail);
            }

            await Task.Delay(ConnectRetryDelay, _surroundings.Time, cancellationToken);
        }
    }

    private HttpResponseMessage Answered(HttpResponseMessage response, ConnectionTrace trace)
    {
        if (response.Version.Major >= 2)
        {
            trace.AnsweredOverHttp2(_surroundings.Time.GetTimestamp());
        }

        // Without a tunnel the proxy answers in the upstream's place: that must not look like the upstream's answer.
        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired
            && _target.IsPlain && _options.Proxy != "off")
        {
            response.Dispose();
            throw new HttpRequestException(HttpRequestError.ProxyTunnelError, "The proxy asks for credentials (407).");
        }

        return response;
    }

    /// <summary>Nothing of the request has left, trying again may help, and half of the connect limit is still
    /// there.</summary>
    private bool MayDialAgain(HttpRequestException exception, ConnectionTrace trace, long started) =>
        trace.LastRequestByteAt == 0
        && IsSetUp(exception)
        && !new FailureCause(exception).IsLasting
        && (_surroundings.ConnectTimeout == Timeout.InfiniteTimeSpan
            || _surroundings.Time.GetElapsedTime(started) < _surroundings.ConnectTimeout / 2);

    // These the runtime uses for setting up a connection only; on HTTP/2 nothing else tells that nothing was sent.
    private static bool IsSetUp(HttpRequestException exception) => exception.HttpRequestError is
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
}
