using Holdfast.Accounts.Pricing;
using Holdfast.Connections;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Sinks;
using Holdfast.Upstreams;

namespace Holdfast.Configuration;

/// <summary>The whole of <c>holdfast.json</c>, checked. <see cref="Timeout.InfiniteTimeSpan"/> means "off".</summary>
public sealed class HoldfastOptions
{
    /// <summary>Addresses to listen on: <c>http://host:port</c>, or <c>https://host:port</c> with section <c>tls</c>.
    /// Default <c>http://127.0.0.1:8484</c>. The command line's <c>--listen</c> replaces the list.</summary>
    public IReadOnlyList<string> Listen { get; set; } = ["http://127.0.0.1:8484"];

    /// <summary>Who may call: <c>loopback</c> (default; every listener must be loopback) or <c>open</c>
    /// (anyone who reaches the listener; warned about at every start).</summary>
    public string Access { get; set; } = "loopback";

    /// <summary>Host names, besides the listeners' own and the names of loopback, that a loopback listener answers to.
    /// Default none.</summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Web origins (<c>https://app.example</c>) whose pages may call the gateway. Default none.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Our own certificate, for <c>https</c> listeners. Default none.</summary>
    public TlsOptions? Tls { get; set; }

    /// <summary>Where requests go, by name. <c>anthropic</c>, <c>openai</c> and <c>gemini</c> are built in;
    /// <c>false</c> switches one off.</summary>
    public IReadOnlyDictionary<string, UpstreamOptions> Upstreams { get; set; } = UpstreamOptions.BuiltIn;

    /// <summary>Which candidates answer for which models: the first that matches wins. Default none: every model goes to the
    /// upstream of its protocol.</summary>
    public IReadOnlyList<RouteOptions> Routes { get; set; } = [];

    /// <summary>What becomes of a failure before the client has seen output.</summary>
    public FailoverOptions Failover { get; set; } = new();

    /// <summary>How turns go on whose client was lost.</summary>
    public JournalOptions Journal { get; set; } = new();

    /// <summary>What is written down about exchanges.</summary>
    public RecordingOptions Recording { get; set; } = new();

    /// <summary>How failures that could not be absorbed are told: <c>profile</c> (default; known clients get the status and
    /// headers that make their own retries help) or <c>verbatim</c> (always as the upstream answered).</summary>
    public string Errors { get; set; } = "profile";

    /// <summary>How streams are kept alive and given up.</summary>
    public StreamingOptions Streaming { get; set; } = new();

    /// <summary>How long each step of an exchange may take.</summary>
    public TimeoutOptions Timeouts { get; set; } = new();

    /// <summary>What requests may not carry.</summary>
    public DenyOptions Deny { get; set; } = new();

    /// <summary>How large what clients send may be.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>What models cost: in the place of the prices the program brings, or for models it does not know. Default none.
    /// <c>holdfast prices</c> shows what holds.</summary>
    public IReadOnlyList<PriceOptions> Prices { get; set; } = [];

    /// <summary>Whether the log follows every step of an exchange (no bodies, no keys). Default false.
    /// <c>DEBUG</c> (<c>true</c>, <c>1</c>, <c>false</c> or <c>0</c>; others are not for us) overrides.</summary>
    public bool Debug { get; set; }
}
