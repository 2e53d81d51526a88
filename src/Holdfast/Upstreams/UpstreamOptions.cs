using Holdfast.Wire;

namespace Holdfast.Upstreams;

/// <summary>One endpoint requests can go to. Section <c>upstreams.&lt;name&gt;</c>.</summary>
public sealed record UpstreamOptions
{
    /// <summary>What it speaks: <c>anthropic</c>, <c>openai</c> (Chat and Responses) or <c>gemini</c>. Required.</summary>
    public ProtocolFamily Protocol { get; set; }

    /// <summary>Its base URL. One that ends in <c>/v1</c> or <c>/v1beta</c> replaces that segment of the client's path. Required.</summary>
    public Uri BaseUrl { get; set; } = new("http://127.0.0.1/");

    /// <summary>The credential sent to it. Default: the client's own passes through, which only the upstream named like
    /// its protocol may do; any other needs one.</summary>
    public CredentialOptions? Credential { get; set; }

    /// <summary>Several credentials in the place of <see cref="Credential"/>: used in turn, a conversation staying with
    /// its own; one that is limited or refused gives way to the next. Default none; only one of both may be given.</summary>
    public IReadOnlyList<CredentialOptions> Credentials { get; set; } = [];

    /// <summary>HTTP proxy on the way: a URL, or <c>"off"</c>. Default: <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c>, <c>NO_PROXY</c>.</summary>
    public string? Proxy { get; set; }

    /// <summary>PEM file with further trusted roots. Default: <c>NODE_EXTRA_CA_CERTS</c> and <c>SSL_CERT_FILE</c>.</summary>
    public string? CaFile { get; set; }

    /// <summary>PEM file with our certificate towards it (mTLS). Default none.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>PEM file with the key of <see cref="ClientCertificate"/>.</summary>
    public string? ClientKey { get; set; }

    /// <summary>Whether HTTP/2 is used where TLS offers it. Default false: one reset would end every turn on the connection.</summary>
    public bool Http2 { get; set; }

    /// <summary>How long an idle connection to it is kept; must be below its own limit. Default 30 s, or N − 1 s where the
    /// upstream says <c>Keep-Alive: timeout=N</c> and that is shorter.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection lives at most, so that DNS changes are seen. Default 10 min;
    /// <c>"off"</c> keeps it.</summary>
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often setting up a connection is tried again after it failed, before any byte of the request was
    /// sent. Default 1, at most 5; 0 disables.</summary>
    public int ConnectRetries { get; set; } = 1;

    /// <summary>The upstreams that exist without configuration.</summary>
    public static IReadOnlyDictionary<string, UpstreamOptions> BuiltIn { get; } =
        new Dictionary<string, UpstreamOptions>(StringComparer.OrdinalIgnoreCase)
        {
            ["anthropic"] = new() { Protocol = ProtocolFamily.Anthropic, BaseUrl = new("https://api.anthropic.com") },
            ["openai"] = new() { Protocol = ProtocolFamily.OpenAI, BaseUrl = new("https://api.openai.com") },
            ["gemini"] = new() { Protocol = ProtocolFamily.Gemini, BaseUrl = new("https://generativelanguage.googleapis.com") },
        };
}

/// <summary>Where an upstream's credential comes from. Section <c>upstreams.&lt;name&gt;.credential</c>.</summary>
public sealed record CredentialOptions
{
    /// <summary>Name of the environment variable that holds the credential. Required: a secret never stands in the file.</summary>
    public string Env { get; set; } = "";
}
