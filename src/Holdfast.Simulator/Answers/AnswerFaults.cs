using System.Text;

namespace Holdfast.Simulator.Answers;

/// <summary>How the bytes of a body are delimited.</summary>
internal enum BodyFraming
{
    /// <summary>Chunked for streams, a length for whole answers.</summary>
    Fitting,
    Chunked,
    ContentLength,
    CloseDelimited,
}

/// <summary>How the bytes of a body are encoded.</summary>
internal enum BodyEncoding
{
    Identity,
    Gzip,
    Brotli,

    /// <summary>Says gzip, is not.</summary>
    BadGzip,
}

/// <summary>What happens to the connection when the answer has gone as far as it goes.</summary>
internal enum AnswerEnding
{
    /// <summary>The body ends properly and the connection serves the next request.</summary>
    KeepOpen,

    /// <summary>The body ends properly, then FIN.</summary>
    Close,

    /// <summary>FIN wherever the body stands; the other direction stays open.</summary>
    HalfClose,

    /// <summary>RST wherever the body stands.</summary>
    Reset,
}

/// <summary>Where an answer stops short: after so many events and so many bytes more, or before any header.</summary>
internal readonly record struct Cut(AnswerEnding Ending, long? Bytes, int? Events, bool BeforeHeaders);

/// <summary>Silence or a gate after so many events.</summary>
internal readonly record struct Pause(int AfterEvents, TimeSpan Silence, Gate? Gate);

/// <summary>Pings instead of content after so many events.</summary>
internal readonly record struct PingRun(int AfterEvents, int Count, TimeSpan Every);

/// <summary>An error event in place of everything after so many events; without a text, the protocol's own.</summary>
internal sealed record ErrorPoint(int AfterEvents, string? Text)
{
    public byte[] Bytes(AnswerContent content, int position) => Text is not null
        ? Encoding.UTF8.GetBytes(Text)
        : ProtocolTexts.ErrorEvent(content, position);
}

/// <summary>Ways in which a stream's bytes differ from what clients take.</summary>
[Flags]
internal enum StreamDirt
{
    None = 0,
    CrLf = 1 << 0,
    Cr = 1 << 1,
    Bom = 1 << 2,
    NoSpaceAfterData = 1 << 3,
    NoEventLines = 1 << 4,
    DoneWithBlank = 1 << 5,
    NoTerminalEvent = 1 << 6,
    NoFinalBlankLine = 1 << 7,
}
