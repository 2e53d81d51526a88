namespace Holdfast.Wire;

/// <summary>The forms a keepalive can take; which one a protocol's clients survive was measured.</summary>
public enum KeepAliveForm
{
    /// <summary>A blank line.</summary>
    Blank,

    /// <summary>An SSE comment and a blank line.</summary>
    Comment,

    /// <summary>Anthropic's <c>event: ping</c>.</summary>
    Ping,

    /// <summary>The Responses <c>keepalive</c> event with the last sequence number.</summary>
    Event,
}
