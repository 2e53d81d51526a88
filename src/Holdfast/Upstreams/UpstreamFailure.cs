using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Holdfast.Wire.Errors;

namespace Holdfast.Upstreams;

/// <summary>Why an upstream did not answer, or not to the end: a value, made from what the runtime threw. Cancellation
/// by our own timers and by the client is not such a failure; whoever cancelled knows better, and should not ask.</summary>
/// <param name="Code">Which of our errors it is.</param>
/// <param name="Detail">The runtime's own words, for the log and the record only (R114). Holds no secret.</param>
internal sealed partial record UpstreamFailure(ErrorCode Code, string Detail)
{
    private const int LongestDetail = 500;

    /// <summary>Names what happened to an attempt. Never throws.</summary>
    /// <param name="exception">What sending, or reading the answer's body, threw.</param>
    /// <param name="trace">What the sockets did meanwhile.</param>
    /// <param name="afterHeaders">Whether the answer had begun.</param>
    public static UpstreamFailure From(Exception exception, ConnectionTrace trace, bool afterHeaders = false)
    {
        var cause = new FailureCause(exception);
        var code = afterHeaders ? InBody(cause) : BeforeHeaders(cause, trace);
        var detail = ReferenceEquals(code, ErrorCodes.UpstreamTls) ? TlsHint(cause) + cause.Text : cause.Text;
        detail = Queries().Replace(UserInformation().Replace(detail, ""), "?…");
        return new(code, detail.Length <= LongestDetail ? detail : detail[..LongestDetail]);
    }

    private static ErrorCode BeforeHeaders(FailureCause cause, ConnectionTrace trace) => cause switch
    {
        { ProxyUnreachable: true } or { Request: HttpRequestError.ProxyTunnelError } => ErrorCodes.UpstreamProxy,
        { IsConnectTimeout: true } => ErrorCodes.UpstreamConnectTimeout,
        // Never a hang-up: what we gave up ourselves must not be repeated as stale.
        { IsCancelled: true } => ErrorCodes.InternalError,
        { Request: HttpRequestError.SecureConnectionError } or { IsTls: true } => ErrorCodes.UpstreamTls,
        _ when trace.LastRequestByteAt == 0 && cause.Connecting is { } connecting => connecting,
        { Request: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError } =>
            cause.Connecting ?? ErrorCodes.UpstreamUnreachable,
        { IsTimeout: true } => ErrorCodes.FirstByteTimeout,
        _ => cause.End switch
        {
            ConnectionEnd.Garbled => ErrorCodes.UpstreamProtocol,
            ConnectionEnd.Reset => ErrorCodes.UpstreamReset,
            _ => ErrorCodes.UpstreamHangup,
        },
    };

    private static ErrorCode InBody(FailureCause cause) => cause switch
    {
        { IsCancelled: true } => ErrorCodes.InternalError,
        { IsTimeout: true } => ErrorCodes.StreamStalled,
        _ => cause.End switch
        {
            ConnectionEnd.Garbled => ErrorCodes.StreamGarbled,
            ConnectionEnd.Reset => ErrorCodes.StreamReset,
            _ => ErrorCodes.StreamHangup,
        },
    };

    // The words people search for, whatever the runtime calls it.
    private static string TlsHint(FailureCause cause) => cause.Text switch
    {
        var text when Says(text, "frame size or a corrupted frame") || Says(text, "wrong version number") =>
            "wrong version number: what answers does not speak TLS; ",
        var text when Says(text, "UntrustedRoot") || Says(text, "PartialChain") =>
            "unable to verify the first certificate: its issuer is not trusted here; ",
        var text when Says(text, "alert certificate required") || Says(text, "alert handshake failure") =>
            "the upstream refused the handshake: does it ask for a client certificate? ",
        var text when Says(text, "NotTimeValid") => "certificate has expired or is not yet valid; ",
        var text when Says(text, "RemoteCertificateNameMismatch") => "the certificate is for another host name; ",
        _ => "",
    };

    private static bool Says(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"(?<=://)[^/@\s'""]+@", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex UserInformation();

    [GeneratedRegex(@"(?<=://[^\s'""?]*)\?[^\s'""]*", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Queries();
}

/// <summary>How a connection ended.</summary>
internal enum ConnectionEnd
{
    /// <summary>FIN: the peer closed it.</summary>
    HangUp,

    /// <summary>RST: the peer, or something between, tore it down.</summary>
    Reset,

    /// <summary>What it carried cannot be read.</summary>
    Garbled,
}

/// <summary>What can be read out of an exception and those inside it; decides nothing.</summary>
internal readonly struct FailureCause
{
    public FailureCause(Exception exception)
    {
        var words = new List<string>();
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (!words.Contains(current.Message))
            {
                words.Add(current.Message);
            }

            // The innermost of a kind says most; the outermost HttpRequestError is the runtime's verdict.
            switch (current)
            {
                case ProxyUnreachableException:
                    ProxyUnreachable = true;
                    break;
                case HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } request:
                    Request ??= request.HttpRequestError;
                    break;
                case HttpProtocolException protocol:
                    Protocol = protocol;
                    break;
                case HttpIOException io:
                    Io = io.HttpRequestError;
                    break;
                case SocketException socket:
                    Socket = socket.SocketErrorCode;
                    break;
                case AuthenticationException:
                    IsTls = true;
                    break;
                case TimeoutException:
                    IsConnectTimeout = true;
                    break;
                case OperationCanceledException:
                    IsCancelled = true;
                    break;
                case InvalidDataException:
                    Garbled = true;
                    break;
            }
        }

        Text = string.Join(" ← ", words);
        IsTls |= Text.Contains("SSL", StringComparison.Ordinal) && Text.Contains("alert", StringComparison.Ordinal);
    }

    public string Text { get; }

    public HttpRequestError? Request { get; }

    public bool ProxyUnreachable { get; }

    /// <summary>The handler's connect timeout: the only <see cref="TimeoutException"/> it throws.</summary>
    public bool IsConnectTimeout { get; }

    /// <summary>We gave up ourselves.</summary>
    public bool IsCancelled { get; }

    public bool IsTls { get; }

    /// <summary>Whether dialling again would meet the same answer: a certificate or a proxy that says no.</summary>
    public bool IsLasting => IsTls || (Request == HttpRequestError.ProxyTunnelError && !ProxyUnreachable);

    private HttpProtocolException? Protocol { get; }

    private HttpRequestError? Io { get; }

    private SocketError? Socket { get; }

    private bool Garbled { get; }

    /// <summary>The kernel gave up on the path, or HTTP/2's ping was not answered.</summary>
    public bool IsTimeout => Socket == SocketError.TimedOut
        || Text.Contains("KeepAlivePingTimeout", StringComparison.Ordinal);

    /// <summary>The code of a failed connect; null when no socket says why.</summary>
    public ErrorCode? Connecting => Socket switch
    {
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery =>
            ErrorCodes.UpstreamDns,
        SocketError.ConnectionRefused => ErrorCodes.UpstreamRefused,
        // Accepted, and torn down before we were done with connecting: the same as a moment later.
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.NotConnected
            or SocketError.Shutdown => ErrorCodes.UpstreamReset,
        SocketError.TimedOut => ErrorCodes.UpstreamConnectTimeout,
        null => Request == HttpRequestError.NameResolutionError ? ErrorCodes.UpstreamDns : null,
        _ => ErrorCodes.UpstreamUnreachable,
    };

    /// <summary>How the connection ended, if it is not a timeout. HTTP/2: a stream reset is a reset, a closed
    /// connection (GOAWAY) a hang-up (R136).</summary>
    public ConnectionEnd End => this switch
    {
        { Protocol: { } protocol } => protocol.Message.Contains("reset", StringComparison.OrdinalIgnoreCase)
            ? ConnectionEnd.Reset
            : ConnectionEnd.HangUp,
        { Garbled: true } => ConnectionEnd.Garbled,
        { Socket: not null } => ConnectionEnd.Reset,
        _ => (Io ?? Request) switch
        {
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded
                or HttpRequestError.VersionNegotiationError or HttpRequestError.HttpProtocolError
                or HttpRequestError.UserAuthenticationError => ConnectionEnd.Garbled,
            _ => ConnectionEnd.HangUp,
        },
    };
}
