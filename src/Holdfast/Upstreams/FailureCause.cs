using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Wire.Errors;

namespace Holdfast.Upstreams;

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
    /// connection (GOAWAY) a hang-up.</summary>
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
