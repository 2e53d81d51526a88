using Holdfast.Wire;

namespace Holdfast.Routing;

/// <summary>How a stream is kept alive and when it is given up. Section <c>streaming</c>.</summary>
public sealed class StreamingOptions
{
    /// <summary>Silence towards the client after which it gets a keepalive. Default 10 s; <c>"off"</c> sends none.</summary>
    public TimeSpan KeepAliveAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence from the start of the request after which a streaming client gets <c>200</c> and keepalives
    /// although the upstream has not answered. Null: 45 s for a loopback client, 20 s for any other (D12), but no more
    /// than two thirds of the time the client itself says it waits (<c>x-stainless-timeout</c>).
    /// <c>"off"</c> never opens early.</summary>
    public TimeSpan? OpenEarlyAfter { get; set; }

    /// <summary>Upstream silence after which a stream that has begun ends with an error. Default 5 min; <c>"off"</c>
    /// disables. <c>STREAM_TIMEOUT</c> (seconds) overrides.</summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Form of the keepalive per protocol; what each protocol's clients were measured to take.</summary>
    public KeepAliveForms KeepAliveForms { get; set; } = new();
}

/// <summary>Which bytes keep a silent stream alive. Section <c>streaming.keepAliveForms</c>.</summary>
public sealed class KeepAliveForms
{
    /// <summary>Anthropic Messages: <c>ping</c> (default), <c>comment</c> or <c>blank</c>.</summary>
    public KeepAliveForm Messages { get; set; } = KeepAliveForm.Ping;

    /// <summary>OpenAI Chat: <c>comment</c> (default) or <c>blank</c>.</summary>
    public KeepAliveForm Chat { get; set; } = KeepAliveForm.Comment;

    /// <summary>OpenAI Responses after <c>response.created</c>: <c>event</c> (default), <c>comment</c> or <c>blank</c>;
    /// before it always a blank line.</summary>
    public KeepAliveForm Responses { get; set; } = KeepAliveForm.Event;

    /// <summary>Gemini: <c>blank</c> (default) or <c>comment</c>.</summary>
    public KeepAliveForm Gemini { get; set; } = KeepAliveForm.Blank;

    /// <summary>The form for a protocol's clients.</summary>
    internal KeepAliveForm For(WireProtocol protocol) => protocol.Name switch
    {
        "anthropic" => Messages,
        "openai-chat" => Chat,
        "openai-responses" => Responses,
        _ => Gemini,
    };
}
