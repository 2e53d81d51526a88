namespace Holdfast.Wire;

/// <summary>How a stream's bytes are cut into frames.</summary>
public enum StreamFraming
{
    /// <summary>Server-sent events: a frame ends with an empty line.</summary>
    ServerSentEvents,

    /// <summary>The elements of one JSON array (Gemini without <c>alt=sse</c>).</summary>
    JsonArray,
}
