using System.Text.RegularExpressions;
using Holdfast.Wire.Errors;

namespace Holdfast.Upstreams;

/// <summary>Why an upstream did not answer, or not to the end: a value, made from what the runtime threw. Cancellation
/// by our own timers and by the client is not such a failure; whoever cancelled knows better.</summary>
/// <param name="Code">Which of our errors it is.</param>
/// <param name="Detail">The runtime's own words, for the log and the record only: a client may take
/// them for words of the model. Holds no secret.</param>
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
        if (ReferenceEquals(code, ErrorCodes.UpstreamProtocol) || ReferenceEquals(code, ErrorCodes.StreamGarbled))
        {
            // The runtime quotes what it could not read, and that may be a piece of an answer.
            detail = Quotation().Replace(detail, "'…'");
        }

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

    [GeneratedRegex("'.*'", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex Quotation();

    [GeneratedRegex(@"(?<=://[^\s'""?]*)\?[^\s'""]*", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Queries();
}
