using System.Buffers;
using Holdfast.Recording.Privacy;
using Holdfast.Wire;

namespace Holdfast.Sinks;

/// <summary>What is kept of one exchange's bodies until it ends and is known to be recorded. Used by the exchange's loop, then by
/// the recorder's thread. Where memory has no room it keeps nothing, and the exchange is recorded without bodies.</summary>
/// <param name="budget">How much memory all of them may take.</param>
/// <param name="protocol">What the bodies are written in.</param>
/// <param name="terms">What held for bodies when the exchange began.</param>
internal sealed class Capture(CaptureBudget budget, WireProtocol protocol, BodyTerms terms)
{
    /// <summary>A few bytes may stand for any number of them.</summary>
    private const int MostDecoded = 64 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _request = new();
    private readonly ArrayBufferWriter<byte> _answer = new();
    private int _taken;

    /// <summary>What the bodies are written in.</summary>
    public WireProtocol Protocol => protocol;

    /// <summary>What held for bodies when the exchange began: secrets are taken out by it.</summary>
    public BodyTerms Terms => terms;

    /// <summary>What the configuration says of bodies, for the route it takes.</summary>
    public BodyRecording Configured { get; set; }

    /// <summary>The <c>holdfast-directory</c> header.</summary>
    public string? Directory { get; init; }

    /// <summary>The request's <c>content-encoding</c>; empty for a plain one.</summary>
    public string RequestEncoding { get; init; } = "";

    /// <summary>The answer's, as its client gets it.</summary>
    public string AnswerEncoding { get; private set; } = "";

    /// <summary>The request's headers, secrets taken out.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>The answer's headers, secrets taken out.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> AnswerHeaders { get; private set; } = [];

    /// <summary>How the events of the answer are framed; null for an answer that is whole.</summary>
    public StreamFraming? Framing { get; private set; }

    /// <summary>Whether memory had no room for all of it.</summary>
    public bool IsDropped { get; private set; }

    /// <summary>The request's body, decoded; null where it was dropped, or cannot be decoded.</summary>
    public ReadOnlyMemory<byte>? PlainRequest() => IsDropped ? null : Plain(_request.WrittenMemory, RequestEncoding);

    /// <summary>Keeps the request's body.</summary>
    public void KeepRequest(in ReadOnlySequence<byte> body)
    {
        foreach (var part in body)
        {
            Keep(_request, part.Span);
        }
    }

    /// <summary>The head of the answer is as its client gets it.</summary>
    /// <param name="headers">The head.</param>
    /// <param name="framing">How its events are framed; null for an answer that is whole.</param>
    public void NoteHead(IHeaderDictionary headers, StreamFraming? framing)
    {
        Framing = framing;
        AnswerEncoding = headers.ContentEncoding.ToString();
        AnswerHeaders = terms.Headers.Values(headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())));
    }

    /// <summary>Keeps bytes of the answer.</summary>
    public void KeepAnswer(ReadOnlySpan<byte> bytes) => Keep(_answer, bytes);

    /// <summary>The answer as one document: put together where it was streamed; null where there is none, or it is not
    /// whole.</summary>
    public ReadOnlyMemory<byte>? WholeAnswer()
    {
        if (_answer.WrittenCount == 0)
        {
            return null;
        }

        if (Framing is not { } framing)
        {
            return Plain(_answer.WrittenMemory, AnswerEncoding);
        }

        var assembler = protocol.Assemble();
        using var frames = new FrameBuffer(framing);
        for (var rest = _answer.WrittenSpan; !rest.IsEmpty;)
        {
            var room = frames.GetMemory().Span;
            var count = Math.Min(room.Length, rest.Length);
            rest[..count].CopyTo(room);
            rest = rest[count..];
            frames.Advance(count);
            while (frames.TryTake(out var frame))
            {
                assembler.Add(frame);
            }
        }

        return assembler.Finish();
    }

    /// <summary>Keeps nothing of it.</summary>
    public void Drop()
    {
        IsDropped = true;
        Release();
    }

    /// <summary>Gives its memory back.</summary>
    public void Release()
    {
        budget.GiveBack(_taken);
        _taken = 0;
        _request.Clear();
        _answer.Clear();
    }

    private static ReadOnlyMemory<byte>? Plain(ReadOnlyMemory<byte> bytes, string encoding)
    {
        var layers = ContentCoding.LayersOf(encoding);
        if (layers.Count == 0 || bytes.IsEmpty)
        {
            return bytes;
        }

        using var source = new MemoryStream(bytes.ToArray());
        using var plain = ContentCoding.Undo(source, layers);
        if (plain is null)
        {
            return null;
        }

        var decoded = new ArrayBufferWriter<byte>();
        try
        {
            while (decoded.WrittenCount <= MostDecoded && plain.Read(decoded.GetSpan(4096)) is > 0 and var count)
            {
                decoded.Advance(count);
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return decoded.WrittenCount <= MostDecoded ? decoded.WrittenMemory : null;
    }

    private void Keep(ArrayBufferWriter<byte> where, ReadOnlySpan<byte> bytes)
    {
        if (IsDropped)
        {
            return;
        }

        if (!budget.TryTake(bytes.Length))
        {
            Drop();
            return;
        }

        _taken += bytes.Length;
        where.Write(bytes);
    }
}

/// <summary>How much memory bodies may take that are not recorded yet. Safe from any thread.</summary>
/// <param name="maxBytes">So much, at first.</param>
internal sealed class CaptureBudget(long maxBytes)
{
    private long _taken;

    /// <summary>So much.</summary>
    public long MaxBytes { get; set; } = maxBytes;

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _taken, count) <= MaxBytes)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -count);
        return false;
    }

    public void GiveBack(int count) => Interlocked.Add(ref _taken, -count);
}
