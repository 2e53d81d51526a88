using System.Text;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Transcripts;

/// <summary>What an event is for: faults named by delta count, and the missing terminal event, go by it.</summary>
public enum EventRole
{
    /// <summary>Opens the answer or one of its parts; nothing was generated yet.</summary>
    Handshake,

    /// <summary>Carries generated thinking, text or tool arguments.</summary>
    Delta,

    /// <summary>The provider's own sign of life.</summary>
    Ping,

    /// <summary>Closes a part, or brings the stop reason or the usage.</summary>
    Closing,

    /// <summary>The protocol's proper end.</summary>
    Terminal,

    /// <summary>Reports a failure inside the stream.</summary>
    Error,
}

/// <summary>One event of a stream: its literal bytes, blank line included.</summary>
public readonly record struct TranscriptEvent(ReadOnlyMemory<byte> Bytes, EventRole Role)
{
    internal static TranscriptEvent Of(string text, EventRole role) => new(Encoding.UTF8.GetBytes(text), role);
}

/// <summary>A literal answer of one protocol: its events in order. Owns no timing and no faults.</summary>
public sealed class Transcript
{
    internal Transcript(SimulatedProtocol protocol, IReadOnlyList<TranscriptEvent> events, string contentType)
    {
        Protocol = protocol;
        Events = events;
        ContentType = contentType;
    }

    /// <summary>The protocol whose error event and ping belong to this stream.</summary>
    public SimulatedProtocol Protocol { get; }

    /// <summary>The events in order.</summary>
    public IReadOnlyList<TranscriptEvent> Events { get; }

    /// <summary>The whole body, as a client without faults in between receives it.</summary>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            var bytes = new byte[Events.Sum(e => e.Bytes.Length)];
            var position = 0;
            foreach (var e in Events)
            {
                e.Bytes.CopyTo(bytes.AsMemory(position));
                position += e.Bytes.Length;
            }

            return bytes;
        }
    }

    /// <summary>The whole body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    internal string ContentType { get; }

    /// <summary>Builds the healthy stream of <paramref name="shape"/> in <paramref name="protocol"/>.</summary>
    public static Transcript Of(SimulatedProtocol protocol, TranscriptShape shape) => protocol switch
    {
        SimulatedProtocol.Anthropic => AnthropicTranscript.Of(shape),
        SimulatedProtocol.Chat => ChatTranscript.Of(shape),
        SimulatedProtocol.Responses => ResponsesTranscript.Of(shape),
        _ => GeminiTranscript.Of(shape),
    };

    /// <summary>Builds the healthy whole (JSON) answer of <paramref name="shape"/>.</summary>
    public static string WholeOf(SimulatedProtocol protocol, TranscriptShape shape) => protocol switch
    {
        SimulatedProtocol.Anthropic => AnthropicTranscript.WholeOf(shape),
        SimulatedProtocol.Chat => ChatTranscript.WholeOf(shape),
        SimulatedProtocol.Responses => ResponsesTranscript.WholeOf(shape),
        _ => GeminiTranscript.WholeOf(shape),
    };

    /// <summary>Splits a literal SSE text at its blank lines; the last event counts as the terminal one.</summary>
    public static Transcript Parse(SimulatedProtocol protocol, string text)
    {
        var events = new List<TranscriptEvent>();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf("\n\n", StringComparison.Ordinal);
            var length = end < 0 ? rest.Length : end + 2;
            var role = length == rest.Length ? EventRole.Terminal : EventRole.Delta;
            events.Add(TranscriptEvent.Of(rest[..length].ToString(), role));
            rest = rest[length..];
        }

        return new Transcript(protocol, events, "text/event-stream; charset=utf-8");
    }

    /// <summary>How many events are out when <paramref name="deltas"/> deltas are; all deltas at most.</summary>
    internal int EventsUntilDelta(int deltas)
    {
        var position = 0;
        var seen = 0;
        for (var i = 0; i < Events.Count; i++)
        {
            if (Events[i].Role == EventRole.Delta)
            {
                if (seen == deltas)
                {
                    return position;
                }

                seen++;
                position = i + 1;
            }
            else if (seen == 0 && Events[i].Role == EventRole.Handshake)
            {
                position = i + 1;
            }
        }

        return position;
    }
}
