namespace Holdfast.Wire.Errors;

/// <summary>Every error code of our own, in the order <c>docs/errors.md</c> prints them.</summary>
public static class ErrorCodes
{
    private const string HangUp = "socket hang up";
    private const string Reset = "read ECONNRESET";
    private const string TimedOut = "read ETIMEDOUT";

    /// <summary>The upstream's name did not resolve (R133).</summary>
    public static readonly ErrorCode UpstreamDns = new("upstream_dns", 502, ErrorClass.Connection, "getaddrinfo ENOTFOUND",
        "The name of the upstream did not resolve.",
        "A wrong baseUrl, no network, or a DNS server that does not answer.",
        "Check upstreams.<name>.baseUrl, then `getent hosts <host>` on this machine.");

    /// <summary>Nobody listens at the upstream's address.</summary>
    public static readonly ErrorCode UpstreamRefused = new("upstream_refused", 502, ErrorClass.Connection, "connect ECONNREFUSED",
        "The upstream refused the connection.",
        "Nothing listens at that host and port, or a firewall rejects us.",
        "Check that the upstream runs and that baseUrl has the right port.");

    /// <summary>No path to the upstream's network.</summary>
    public static readonly ErrorCode UpstreamUnreachable = new("upstream_unreachable", 502, ErrorClass.Connection, "connect ENETUNREACH",
        "There is no network path to the upstream.",
        "No route for its IP address: the machine is offline, a VPN is down, or only the other IP family works.",
        "Check the network; both IP families were tried.");

    /// <summary>The connection was not set up within <c>timeouts.connect</c>.</summary>
    public static readonly ErrorCode UpstreamConnectTimeout = new("upstream_connect_timeout", 504, ErrorClass.Timeout, "connect ETIMEDOUT",
        "The connection to the upstream was not set up within timeouts.connect.",
        "A firewall drops our packets, or the upstream is overloaded.",
        "Check the network path; raise timeouts.connect only for a truly slow path.");

    /// <summary>The TLS handshake with the upstream failed (R58, R60).</summary>
    public static readonly ErrorCode UpstreamTls = new("upstream_tls", 502, ErrorClass.Connection, "unable to verify the first certificate",
        "The TLS handshake with the upstream failed.",
        "An untrusted or expired certificate (often a corporate TLS proxy), or plain text on a TLS port (\"wrong version number\").",
        "Name the corporate root in upstreams.<name>.caFile, NODE_EXTRA_CA_CERTS or SSL_CERT_FILE; check https:// against the port.");

    /// <summary>The corporate proxy did not let us through (R134).</summary>
    public static readonly ErrorCode UpstreamProxy = new("upstream_proxy", 502, ErrorClass.Connection, "proxy CONNECT failed",
        "The HTTP proxy on the way to the upstream refused the tunnel or cannot be reached.",
        "Wrong proxy address, or proxy credentials missing (407).",
        "Check upstreams.<name>.proxy, HTTPS_PROXY and NO_PROXY.");

    /// <summary>FIN before any byte of the answer.</summary>
    public static readonly ErrorCode UpstreamHangup = new("upstream_hangup", 502, ErrorClass.Network, HangUp,
        "The upstream closed the connection before it answered.",
        "The upstream, or a load balancer before it, restarted or gave up. The request may have been processed, so it was not repeated.",
        "Retry; if it repeats, look at the upstream's own logs.");

    /// <summary>RST before any byte of the answer.</summary>
    public static readonly ErrorCode UpstreamReset = new("upstream_reset", 502, ErrorClass.Network, Reset,
        "The upstream reset the connection before it answered.",
        "The upstream crashed, or a middlebox cut the connection. The request may have been processed, so it was not repeated.",
        "Retry; if it repeats, look for a middlebox with a short idle limit.");

    /// <summary>What came back is not HTTP, or not what was asked for.</summary>
    public static readonly ErrorCode UpstreamProtocol = new("upstream_protocol", 502, ErrorClass.Network, "upstream_protocol",
        "The upstream answered with something that is not the protocol: broken HTTP, or headers beyond every bound.",
        "baseUrl points at the wrong service, or a middlebox answers in the upstream's place.",
        "curl the baseUrl from this machine and look at what answers.");

    /// <summary>An HTML page came in the place of an API answer (D17).</summary>
    public static readonly ErrorCode UpstreamHtml = new("upstream_html", 502, ErrorClass.Network, "upstream_html",
        "The upstream, or something before it, answered with an HTML page; its status is kept.",
        "A CDN error page, a captive portal, or a corporate block page.",
        "Read the title in the message; curl the baseUrl from this machine.");

    /// <summary>The upstream answered with an error of its own, which goes to the client as it is.</summary>
    public static readonly ErrorCode UpstreamError = new("upstream_error", 502, ErrorClass.Network, "upstream_error",
        "The upstream answered with an error, inside its answer or in its place.",
        "Whatever the upstream's own error says; it reaches the client unchanged unless another candidate answers.",
        "Read the upstream's error; `holdfast classify` tells what the gateway makes of it.");

    /// <summary>Every candidate of the route failed (R110).</summary>
    public static readonly ErrorCode AllCandidatesFailed = new("all_candidates_failed", 502, ErrorClass.Network, "all_candidates_failed",
        "Every candidate of the route failed before any output; the message names each with its reason, the status is the last one's.",
        "Several providers in trouble at once, or one cause that hits them all: the network, a model name, a credential.",
        "Look at each reason in the message; `holdfast status` shows what cools down.");

    /// <summary>Every candidate of the route is spared after failures; nobody was asked.</summary>
    public static readonly ErrorCode AllCandidatesSpared = new("all_candidates_spared", 503, ErrorClass.Limit, "all_candidates_spared",
        "Every candidate of the route is limited, or its money or credential was refused, for longer than the client can wait: nobody was asked. 429 where all are limited; Retry-After says when the first may be asked again.",
        "A quota that is used up everywhere, or credentials that expired.",
        "`holdfast status` shows who is spared, why and until when; add a candidate or a credential.");

    /// <summary>No answer began within <c>timeouts.firstByte</c> (R34).</summary>
    public static readonly ErrorCode FirstByteTimeout = new("first_byte_timeout", 504, ErrorClass.Timeout, TimedOut,
        "The upstream did not begin its answer within timeouts.firstByte.",
        "An overloaded upstream, or a connection that died without a sign.",
        "Retry; raise timeouts.firstByte if this model really thinks longer before its first byte.");

    /// <summary>A stream was silent for longer than <c>streaming.stallAfter</c> (R31).</summary>
    public static readonly ErrorCode StreamStalled = new("stream_stalled", 504, ErrorClass.Timeout, TimedOut,
        "The upstream sent nothing, not even a ping, for longer than streaming.stallAfter.",
        "The upstream hangs, or the path died without a sign.",
        "Retry; raise streaming.stallAfter (or STREAM_TIMEOUT) for upstreams that are silent longer.");

    /// <summary>A whole answer took longer than <c>timeouts.request</c>.</summary>
    public static readonly ErrorCode RequestTimeout = new("request_timeout", 504, ErrorClass.Timeout, TimedOut,
        "A non-streamed answer took longer than timeouts.request.",
        "Long thinking, or an upstream that hangs.",
        "Ask for a stream, or raise timeouts.request (or REQUEST_TIMEOUT).");

    /// <summary>An exchange took longer than <c>timeouts.total</c> (off by default).</summary>
    public static readonly ErrorCode TotalTimeout = new("total_timeout", 504, ErrorClass.Timeout, TimedOut,
        "The exchange took longer than timeouts.total.",
        "timeouts.total is set; by default there is no such limit.",
        "Raise timeouts.total or set it to \"off\".");

    /// <summary>The upstream reset a stream that had begun.</summary>
    public static readonly ErrorCode StreamReset = new("stream_reset", 502, ErrorClass.Stream, Reset,
        "The upstream reset the connection in the middle of its answer.",
        "The upstream crashed, or a middlebox cut the connection.",
        "Retry the turn; what arrived before the cut is complete up to its last event.");

    /// <summary>The upstream closed a stream that had begun, in the middle of the transfer.</summary>
    public static readonly ErrorCode StreamHangup = new("stream_hangup", 502, ErrorClass.Stream, HangUp,
        "The upstream closed the connection in the middle of its answer.",
        "The upstream restarted, or a load balancer reached its limit.",
        "Retry the turn; what arrived before the cut is complete up to its last event.");

    /// <summary>A stream ended cleanly without its terminal event (R2).</summary>
    public static readonly ErrorCode StreamTruncated = new("stream_truncated", 502, ErrorClass.Stream, HangUp,
        "The stream ended cleanly, yet without the event that ends an answer: it is not whole.",
        "A proxy before the upstream closed it, or the upstream gave up without saying so.",
        "Retry the turn.");

    /// <summary>The bytes of a stream cannot be read as events.</summary>
    public static readonly ErrorCode StreamGarbled = new("stream_garbled", 502, ErrorClass.Stream, "stream_garbled",
        "The bytes of the stream cannot be read: broken compression, or one event beyond every bound.",
        "A broken proxy before the upstream.",
        "Retry; if it repeats, look at what stands between the gateway and the upstream.");

    /// <summary>A whole answer was cut before its end (R5).</summary>
    public static readonly ErrorCode AnswerTruncated = new("answer_truncated", 502, ErrorClass.Stream, HangUp,
        "The upstream's answer was cut before its end; nothing of it was passed on.",
        "The upstream or a proxy before it closed the connection, or announced a wrong length.",
        "Retry.");

    /// <summary>A streaming request was answered with a JSON document after the stream had been opened early.</summary>
    public static readonly ErrorCode JsonForStream = new("json_for_stream", 502, ErrorClass.Stream, "json_for_stream",
        "The upstream answered a streaming request with a JSON document after the stream to the client was already open.",
        "The upstream does not stream this model, and took longer than streaming.openEarlyAfter.",
        "Ask without stream, or set streaming.openEarlyAfter to \"off\".");

    /// <summary>The gateway had to stop before the stream was whole (R128).</summary>
    public static readonly ErrorCode GatewayStopped = new("gateway_stopped", 503, ErrorClass.Gateway, "gateway_stopped",
        "The gateway was told to stop and timeouts.drain ran out before this answer was whole.",
        "A restart during a long turn.",
        "Retry; raise timeouts.drain for longer turns.");

    /// <summary>The gateway drains and takes no new exchange.</summary>
    public static readonly ErrorCode Draining = new("draining", 503, ErrorClass.Gateway, "draining",
        "The gateway is stopping: it finishes running turns and takes no new ones.",
        "A restart.",
        "Retry after the Retry-After time; another instance, or the restarted one, will answer.");

    /// <summary>A bug of ours.</summary>
    public static readonly ErrorCode InternalError = new("internal_error", 500, ErrorClass.Gateway, "internal_error",
        "The gateway failed in a way it did not expect.",
        "A bug in Holdfast.",
        "Report it with the exchange id; the log has the details.");

    /// <summary>The body is not JSON.</summary>
    public static readonly ErrorCode BadJson = new("bad_json", 400, ErrorClass.Request, "bad_json",
        "The request body is not valid JSON; the message says where it breaks.",
        "A client bug, or a body cut on its way.",
        "Fix the body. Nothing was sent upstream.");

    /// <summary>The body names no model.</summary>
    public static readonly ErrorCode ModelMissing = new("model_missing", 400, ErrorClass.Request, "model_missing",
        "The request names no model.",
        "The field \"model\" is missing, empty or not a string.",
        "Name a model. Nothing was sent upstream.");

    /// <summary>The content type is not JSON.</summary>
    public static readonly ErrorCode UnsupportedContentType = new("unsupported_content_type", 415, ErrorClass.Request, "unsupported_content_type",
        "The content type of the request is not application/json.",
        "A form or a web page posted here.",
        "Send content-type: application/json.");

    /// <summary>The body is larger than <c>limits.requestBody</c>.</summary>
    public static readonly ErrorCode BodyTooLarge = new("body_too_large", 413, ErrorClass.Request, "body_too_large",
        "The request body is larger than limits.requestBody (64 MB by default).",
        "Very large images or documents in the conversation.",
        "Send less, or raise limits.requestBody.");

    /// <summary>The client did not send its body to the end.</summary>
    public static readonly ErrorCode BodyIncomplete = new("body_incomplete", 400, ErrorClass.Request, "body_incomplete",
        "The request body ended before its announced length, or its framing is broken.",
        "The client went away, or a proxy cut the upload.",
        "Send the request again. Nothing was sent upstream.");

    /// <summary>The request carries what the section <c>deny</c> forbids (R44).</summary>
    public static readonly ErrorCode Denied = new("denied", 403, ErrorClass.Request, "denied",
        "The request carries a field or header that this gateway's section deny forbids; the message names it.",
        "A rule of whoever runs the gateway.",
        "Leave the named field or header out, or change deny.fields or deny.headers.");

    /// <summary>The same turn of the same session comes again and again.</summary>
    public static readonly ErrorCode TurnRepeated = new("turn_repeated", 429, ErrorClass.Limit, "turn_repeated",
        "The same turn of this session came more often than failover.storms allows; Retry-After says when it may come again.",
        "A client that repeats a failing turn without pause.",
        "Stop the client, or look why it repeats; raise failover.storms.limit if it is meant to.");

    /// <summary>No protocol has this path.</summary>
    public static readonly ErrorCode UnknownPath = new("unknown_path", 404, ErrorClass.Request, "unknown_path",
        "No protocol has this path.",
        "A wrong base URL in the client, for example /v1 given twice.",
        "Point the client at the gateway's root (Anthropic, Gemini) or its /v1 (OpenAI).");

    /// <summary>A method no API has.</summary>
    public static readonly ErrorCode MethodNotAllowed = new(
        "method_not_allowed", 405, ErrorClass.Request, "method_not_allowed",
        "The request's method is none that an API of the protocols has; the header Allow names those.",
        "A scanner, a misdirected WebDAV client, or a method in lower case.",
        "Use the method the API documents. Nothing was sent upstream.");

    /// <summary>The request names an upstream that does not exist.</summary>
    public static readonly ErrorCode UnknownUpstream = new("unknown_upstream", 400, ErrorClass.Request, "unknown_upstream",
        "The request names an upstream that is not configured, or none is configured for its protocol.",
        "The header holdfast-upstream has a wrong name, or the built-in upstream was switched off.",
        "Use a name from the section upstreams.");

    /// <summary>A Host header that is not ours on a loopback listener (DNS rebinding).</summary>
    public static readonly ErrorCode HostNotAllowed = new("host_not_allowed", 403, ErrorClass.Request, "host_not_allowed",
        "The Host header names a host this gateway does not serve.",
        "A web page tries to reach the gateway under a name of its own (DNS rebinding), or a proxy keeps its own host name.",
        "Use the address printed at start, or name the host in allowedHosts.");

    /// <summary>A browser page of another origin.</summary>
    public static readonly ErrorCode OriginNotAllowed = new("origin_not_allowed", 403, ErrorClass.Request, "origin_not_allowed",
        "The request comes from a web page of another origin.",
        "A web page tries to use the gateway with its visitor's network.",
        "If the page is yours, name its origin in allowedOrigins.");

    /// <summary>A WebSocket upgrade; Codex then uses POST at once.</summary>
    public static readonly ErrorCode WebSocketNotSupported = new("websocket_not_supported", 426, ErrorClass.Request, "websocket_not_supported",
        "WebSocket connections are not served; the same request works as a POST.",
        "Codex tries a WebSocket first; this answer makes it use HTTP at once.",
        "Nothing to do.");

    /// <summary>Every code, in the order of the documentation.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        UpstreamDns, UpstreamRefused, UpstreamUnreachable, UpstreamConnectTimeout, UpstreamTls, UpstreamProxy,
        UpstreamHangup, UpstreamReset, UpstreamProtocol, UpstreamHtml, UpstreamError, AllCandidatesFailed,
        AllCandidatesSpared,
        FirstByteTimeout, StreamStalled, RequestTimeout, TotalTimeout,
        StreamReset, StreamHangup, StreamTruncated, StreamGarbled, AnswerTruncated, JsonForStream,
        GatewayStopped, Draining, InternalError,
        BadJson, ModelMissing, UnsupportedContentType, BodyTooLarge, BodyIncomplete, Denied, TurnRepeated, UnknownPath,
        MethodNotAllowed, UnknownUpstream,
        HostNotAllowed, OriginNotAllowed, WebSocketNotSupported,
    ];
}
