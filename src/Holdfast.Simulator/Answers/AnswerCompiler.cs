using System.Globalization;
using System.Text;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>Turns an answer's script and its content into the literal writes of a plan. Pure.</summary>
internal static class AnswerCompiler
{
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();
    private static readonly byte[] UnaskedContinue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    public static AnswerPlan Compile(Answer answer, AnswerContent content)
    {
        if (answer.RawBytes is { } raw)
        {
            return new AnswerPlan(answer.Cut?.Ending ?? AnswerEnding.Close)
            {
                HeadDelay = answer.HeadDelay,
                Frames = [new Frame(raw, TimeSpan.Zero, [])],
            };
        }

        // 1. The events as they would leave without cuts: dirt, pings, an error in place of the rest, encoding.
        var pieces = BodyEncoder.Apply(answer.Encoding, Shape(answer, content));

        // 2. Where it stops, in body bytes.
        var length = pieces.Sum(p => (long)p.Bytes.Length);
        var cut = answer.Cut is { } c ? CutPosition(c, pieces, length) : (long?)null;

        // 3. The writes, and the end: a reset or half-close never completes the framing.
        var framing = FramingOf(answer, content);
        var breaks = answer.Cut is { Ending: AnswerEnding.Reset or AnswerEnding.HalfClose };
        var (frames, starts) = Frames(answer, pieces, framing == BodyFraming.Chunked, cut ?? long.MaxValue, breaks);
        frames.Add(new Frame(framing == BodyFraming.Chunked && !breaks ? LastChunk : default, default, []));
        ApplyPauses(answer, frames, starts);
        frames.RemoveAll(f => f.Bytes.IsEmpty && f.Wait == default && f.Gates.Count == 0);

        return new AnswerPlan(EndingOf(answer, framing))
        {
            Head = Head(answer, content, framing, answer.WrongLength ?? (breaks ? length : cut ?? length)),
            RequestIdHeader = ProtocolTexts.RequestIdHeader(content.Protocol),
            Interim = answer.HasUnaskedContinue ? UnaskedContinue : default,
            HeadDelay = answer.HeadDelay,
            NothingSent = answer.Cut is { BeforeHeaders: true },
            Frames = [.. frames],
            IsCut = breaks || cut < length,
            IsImmediate = IsImmediate(answer, content, frames),
        };
    }

    private static bool IsImmediate(Answer answer, AnswerContent content, List<Frame> frames) =>
        !content.Streamed && answer is { HeadDelay.Ticks: 0, HasUnaskedContinue: false, Cut: not { BeforeHeaders: true } }
        && (frames.Count == 0 || frames is [{ Wait.Ticks: 0, Gates: [] }]);

    private static AnswerEnding EndingOf(Answer answer, BodyFraming framing) =>
        answer.Cut?.Ending ?? (framing == BodyFraming.CloseDelimited || answer.WrongLength is not null
            ? AnswerEnding.Close
            : AnswerEnding.KeepOpen);

    private static List<Piece> Shape(Answer answer, AnswerContent content)
    {
        var pieces = content.Streamed ? StreamSoiling.Apply(answer.Dirt, content.Pieces) : [.. content.Pieces];
        if (answer.Interval > TimeSpan.Zero)
        {
            pieces = [.. pieces.Select((p, i) => i == 0 ? p : p with { Wait = answer.Interval })];
        }

        if (answer.EmptyDataLineAfter is { } empty)
        {
            pieces.Insert(Math.Min(empty, pieces.Count), new Piece("data:\n\n"u8.ToArray(), EventRole.Ping));
        }

        if (answer.PingRun is { } run)
        {
            var at = Math.Min(run.AfterEvents, pieces.Count);
            pieces.InsertRange(at, Enumerable.Range(at, run.Count).Select(i =>
                new Piece(ProtocolTexts.Ping(content.Protocol, i), EventRole.Ping, run.Every)));
            Renumber(content, pieces, from: at + run.Count);
        }

        if (answer.ErrorAfter is { } error && error.AfterEvents is var position && position <= pieces.Count)
        {
            pieces.RemoveRange(position, pieces.Count - position);
            pieces.Add(new Piece(error.Bytes(content, position), EventRole.Error));
        }

        return pieces;
    }

    /// <summary>Responses numbers every event, so injected pings move the numbers of those behind them.</summary>
    private static void Renumber(AnswerContent content, List<Piece> pieces, int from)
    {
        for (var i = from; i < pieces.Count && content.Protocol == SimulatedProtocol.Responses; i++)
        {
            var text = Encoding.UTF8.GetString(pieces[i].Bytes.Span);
            pieces[i] = pieces[i] with { Bytes = Encoding.UTF8.GetBytes(WithNumber(text, i)) };
        }
    }

    private static string WithNumber(string text, int number)
    {
        const string Name = "\"sequence_number\":";
        var start = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        var length = start < Name.Length ? 0 : text.AsSpan(start).IndexOfAnyExceptInRange('0', '9');
        return length > 0 ? $"{text.AsSpan(0, start)}{number}{text.AsSpan(start + length)}" : text;
    }

    private static long CutPosition(Cut cut, List<Piece> pieces, long length) => cut switch
    {
        { Bytes: null, Events: null } => length,
        _ => Math.Min(length, (cut.Bytes ?? 0) + pieces.Take(cut.Events ?? 0).Sum(p => (long)p.Bytes.Length)),
    };

    private static BodyFraming FramingOf(Answer answer, AnswerContent content) => answer.Framing switch
    {
        BodyFraming.Fitting when content.Streamed => BodyFraming.Chunked,
        BodyFraming.Fitting => BodyFraming.ContentLength,
        var chosen => chosen,
    };

    /// <summary>One frame a piece or, when split, several; also says which frame each piece begins with.</summary>
    private static (List<Frame> Frames, List<int> Starts) Frames(
        Answer answer,
        List<Piece> pieces,
        bool chunked,
        long left,
        bool breaks)
    {
        var frames = new List<Frame>(pieces.Count + 1);
        var starts = new List<int>(pieces.Count);
        foreach (var piece in pieces)
        {
            if (left <= 0)
            {
                break;
            }

            starts.Add(frames.Count);
            var size = answer.SplitBytes == 0 ? Math.Max(1, piece.Bytes.Length) : answer.SplitBytes;
            for (var start = 0; start < piece.Bytes.Length && left > 0; start += size)
            {
                var whole = piece.Bytes[start..Math.Min(start + size, piece.Bytes.Length)];
                var part = left < whole.Length ? whole[..(int)left] : whole;
                left -= part.Length;
                // A broken connection leaves a chunk that promised more; a clean end never does.
                var bytes = chunked ? Chunk(part, breaks ? whole.Length : part.Length) : part;
                frames.Add(new Frame(bytes, start == 0 ? piece.Wait : default, []));
            }
        }

        return (frames, starts);
    }

    /// <summary>A chunk that announces <paramref name="announced"/> bytes; cut short when it has fewer.</summary>
    private static byte[] Chunk(ReadOnlyMemory<byte> part, int announced)
    {
        var size = Encoding.ASCII.GetBytes(announced.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        return part.Length == announced ? [.. size, .. part.Span, .. "\r\n"u8] : [.. size, .. part.Span];
    }

    private static void ApplyPauses(Answer answer, List<Frame> frames, List<int> starts)
    {
        foreach (var pause in answer.Pauses)
        {
            var at = pause.AfterEvents < starts.Count ? starts[pause.AfterEvents] : frames.Count - 1;
            frames[at] = With(frames[at], pause);
        }

        if (answer.EveryEventGate is { } gate)
        {
            foreach (var at in starts)
            {
                frames[at] = With(frames[at], new Pause(at, default, gate));
            }
        }
    }

    private static Frame With(Frame frame, Pause pause) => frame with
    {
        Wait = pause.Silence == Timeout.InfiniteTimeSpan ? pause.Silence : frame.Wait + pause.Silence,
        Gates = pause.Gate is { } gate ? [.. frame.Gates, gate] : frame.Gates,
    };

    private static byte[] Head(Answer answer, AnswerContent content, BodyFraming framing, long length)
    {
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {content.Status} ")
            .Append(CultureInfo.InvariantCulture, $"{ProtocolTexts.Reason(content.Status)}\r\n");
        if (!answer.Headers.Any(h => h.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append(CultureInfo.InvariantCulture, $"content-type: {content.ContentType}\r\n");
        }

        head = framing switch
        {
            BodyFraming.Chunked => head.Append("transfer-encoding: chunked\r\n"),
            BodyFraming.ContentLength => head.Append(CultureInfo.InvariantCulture, $"content-length: {length}\r\n"),
            _ => head.Append("connection: close\r\n"),
        };
        if (content.Streamed)
        {
            head.Append("cache-control: no-cache\r\n");
        }

        if (BodyEncoder.HeaderOf(answer.Encoding) is { } encoding)
        {
            head.Append(CultureInfo.InvariantCulture, $"content-encoding: {encoding}\r\n");
        }

        // A header of the script replaces the content type, and stands beside everything else.
        foreach (var (name, value) in content.Headers.Concat(answer.Headers))
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return Encoding.UTF8.GetBytes(head.ToString());
    }
}
