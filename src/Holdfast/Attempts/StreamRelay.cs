using System.Text;
using Holdfast.Answers;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Passages;
using Holdfast.Wire.Sse;

namespace Holdfast.Attempts;

/// <summary>
/// Relays one stream, frame by frame, from its source through its passage to the client, and sees to it that it ends truthfully:
/// with its own terminal event, or with our terminal error. Owns no connection, and asks nobody whether somebody else will be
/// asked.
/// </summary>
/// <remarks>
/// <code>
/// 1 wait        no memory is held; the client is kept alive
/// 2 read        into a rented buffer
/// 3 frames      whole ones go through the passage to the client, or are held back while they say nothing
/// 4 flush       waits while the client does not read
/// 5 end         what is still owed is written: a closing event, or nothing; a failure goes to who decides
/// </code>
/// </remarks>
/// <param name="source">Where the bytes come from.</param>
/// <param name="passage">What happens to them on the way.</param>
/// <param name="answer">The client's side; it expects this stream.</param>
/// <param name="exchange">The exchange.</param>
/// <param name="vigil">Watches over it.</param>
internal sealed class StreamRelay(
    AnswerSource source, StreamPassage passage, ClientAnswer answer, Exchange exchange, Vigil vigil)
{
    /// <summary>How long an upstream may keep the connection open behind what ends its answer; then it is let go.</summary>
    private static readonly TimeSpan Afterglow = TimeSpan.FromSeconds(2);

    private readonly FlightRecord _flight = exchange.Flight;
    private readonly ClientStream _client = answer.Stream;
    private readonly FrameBuffer _buffer = new(passage.Upstream.Framing);
    private Failure? _said;
    private bool _hasHeard;
    private bool _hasTerminal;

    /// <summary>How long the source may be silent once it has begun; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan StallAfter { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Called when no other answer can take the place of this one any more; null for nobody.</summary>
    public Action? Committed { get; init; }

    /// <summary>The head of the upstream's answer, which is handed back with a stream that told of a failure.</summary>
    public HttpResponseMessage? Response { get; init; }

    private StreamFollower Upstream => passage.Upstream;

    /// <summary>Relays to the end.</summary>
    /// <param name="beginning">Bytes that were read before, if any.</param>
    public async ValueTask<AttemptResult> RunAsync(PooledBytes? beginning = null)
    {
        using var buffer = _buffer;
        foreach (var part in beginning?.Bytes ?? default)
        {
            Take(part.Span);
        }

        while (true)
        {
            // 3, 4
            if (_buffer.Rest.Length > AnswerSource.LargestReadInPlace)
            {
                // Not on a thread that other sockets wait for.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            await RelayAndFlushAsync();
            if (_said is not null && Upstream.IsTerminal)
            {
                return Refused(default);
            }

            if (buffer.IsOverfull)
            {
                return await EndAsync(new(0, ErrorCodes.StreamGarbled, "An event is larger than 64 MB."));
            }

            // 1: only an empty buffer is given back; the beginning of an event stays where it is.
            buffer.ReleaseIfEmpty();
            var wait = buffer.IsEmpty ? await source.WaitAsync() : default;

            // 2
            var read = wait is { Lost: null, ClientGone: false } ? await source.ReadAsync(buffer.GetMemory()) : wait;
            if (read.Bytes == 0)
            {
                return await EndAsync(read);
            }

            buffer.Advance(read.Bytes);
            NoteBytes();
        }
    }

    /// <summary>Does what a stream that has ended still owes its client.</summary>
    /// <returns>Null where that was all; else nothing is owed but an error, since it broke off.</returns>
    public static async ValueTask<AttemptResult?> FinishAsync(
        StreamVerdict verdict, StreamFollower upstream, ClientAnswer answer, Exchange exchange, Vigil vigil, bool isUndelivered = false)
    {
        switch (verdict)
        {
            case StreamVerdict.UpstreamFailed:
                exchange.Flight.UpstreamErred(upstream.UpstreamError);
                if (!upstream.IsTerminal)
                {
                    await answer.Stream.CloseAsync();
                }

                return AttemptResult.Answered.Value;

            case StreamVerdict.Whole:
                answer.Complete(isUndelivered);
                return AttemptResult.Answered.Value;

            case StreamVerdict.LacksClosing:
                vigil.IgnoreClient();
                await answer.Stream.CloseAsync();
                answer.Complete(isUndelivered);
                return AttemptResult.Answered.Value;

            case StreamVerdict.ClientLeft:
                exchange.Flight.ClientLeft();
                return AttemptResult.Answered.Value;

            default:
                return null;
        }
    }

    private async ValueTask RelayAndFlushAsync()
    {
        var flush = RelayFrames();
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        await flush;
        if (!Upstream.IsTerminal)
        {
            // Time in which the client did not read is nobody's silence.
            vigil.UpstreamSilence.Restart();
            vigil.ClientSilence.Restart();
        }
    }

    private void Take(ReadOnlySpan<byte> prefix)
    {
        while (!prefix.IsEmpty)
        {
            var room = _buffer.GetMemory().Span;
            var count = Math.Min(room.Length, prefix.Length);
            prefix[..count].CopyTo(room);
            _buffer.Advance(count);
            prefix = prefix[count..];
            NoteBytes();
        }
    }

    private void NoteBytes()
    {
        if (!_hasHeard)
        {
            _hasHeard = true;
            source.SilenceCode = ErrorCodes.StreamStalled;
            vigil.UpstreamSilence.Start(StallAfter);
        }
        else if (!Upstream.IsTerminal)
        {
            vigil.UpstreamSilence.Restart();
        }
    }

    private ValueTask RelayFrames()
    {
        var written = false;
        while (_buffer.TryTake(out var frame))
        {
            written |= Relay(frame);
        }

        if (vigil.IsClientGone)
        {
            return exchange.Turn.Made is { IsFull: true } turn ? WaitForReaderAsync(turn) : ValueTask.CompletedTask;
        }

        if (!written)
        {
            return ValueTask.CompletedTask;
        }

        vigil.ClientSilence.Restart();
        return answer.FlushAsync();
    }

    /// <summary>Whoever came back for the answer reads more slowly than the upstream writes.</summary>
    private async ValueTask WaitForReaderAsync(Turn turn)
    {
        while (turn.IsFull && vigil.Final() == Alarm.None)
        {
            await vigil.WaitAsync();
        }
    }

    /// <summary>Sends one frame on its way; whether the client gets something of it now.</summary>
    private bool Relay(ReadOnlySpan<byte> frame)
    {
        var hadOutput = Upstream.HasOutput;
        var bytes = passage.Pass(frame);
        _flight.EventPassed(Upstream);
        if (_client.IsHolding && !hadOutput && _said is null)
        {
            NoteRefusal(frame);
        }

        _client.Write(bytes);
        if (_client.IsHolding)
        {
            // A refusal is handed over whole: it is read on, as far as it may be held.
            var mayBeHeld = _said is not null || !(Upstream.HasOutput || Upstream.IsTerminal || Upstream.HasFailed);
            if (mayBeHeld && !_client.IsHoldFull)
            {
                return false;
            }

            if (_said is not null)
            {
                // So long that it must be an answer after all.
                _said = null;
                vigil.UpstreamSilence.Start(StallAfter);
            }

            Release();
        }

        NoteEnd();
        return !bytes.IsEmpty;
    }

    private void NoteEnd()
    {
        if (Upstream.MayEnd(cleanly: false))
        {
            // The client has all it came for, also where no closing event says so (Gemini).
            source.LastGoesOut();
            vigil.IgnoreClient();
        }

        if (Upstream.IsTerminal && !_hasTerminal)
        {
            _hasTerminal = true;
            vigil.ClientSilence.Stop();
            vigil.UpstreamSilence.Start(Afterglow);
        }
    }

    /// <summary>Whether the upstream reports, before it has said anything, a failure that somebody else may make good: an error
    /// inside its 200, or a stop that is none.</summary>
    private void NoteRefusal(ReadOnlySpan<byte> frame)
    {
        if (Upstream.HasFailed || Upstream.OddStop is not null)
        {
            _said = new Failure
            {
                Message = Upstream.HasFailed
                    ? BeginningOf(SseEvent.Parse(frame).Data)
                    : $"Provider finish_reason: {Upstream.OddStop}",
            };
            vigil.UpstreamSilence.Start(Afterglow);
        }
    }

    private static string BeginningOf(ReadOnlySpan<byte> data) =>
        Encoding.UTF8.GetString(data[..Math.Min(data.Length, Excerpt.Longest)]);

    private void Release()
    {
        _client.Release();
        Committed?.Invoke();
    }

    private async ValueTask<AttemptResult> EndAsync(BodyRead end)
    {
        if (!end.ClientGone)
        {
            if (end.Lost is null)
            {
                _flight.ClosedBy(Side.Upstream);
            }

            await CompleteLastFrameAsync();
        }

        if (_said is not null && !end.ClientGone)
        {
            return Refused(end);
        }

        var verdict = StreamEnd.Judge(Upstream, end.ClientGone, isLost: end.Lost is not null);
        NoteAnswer(verdict);
        if (_client.IsHolding && verdict is StreamVerdict.Whole or StreamVerdict.LacksClosing or StreamVerdict.UpstreamFailed)
        {
            Release();
            await answer.FlushAsync();
        }
        else if (verdict == StreamVerdict.Whole && !answer.IsOpen && end.Lost is null && !end.ClientGone)
        {
            // Nothing came, and that was all: the client still gets the upstream's head.
            _client.Begin();
        }

        return await FinishAsync(verdict, Upstream, answer, exchange, vigil, source.IsUndelivered)
            ?? new AttemptResult.Failed(
                exchange.Phase == Phase.Committed ? Phase.Committed : answer.PhaseBeforeCommit,
                end.Lost ?? ErrorCodes.StreamTruncated, end.Detail);
    }

    // The upstream's own words, as far as they came: whoever decides may hand them to the client.
    private AttemptResult.Failed Refused(BodyRead end)
    {
        var verdict = StreamEnd.Judge(Upstream, hasClientLeft: false, isLost: end.Lost is not null);
        NoteAnswer(verdict);
        return new(answer.PhaseBeforeCommit, ErrorCodes.UpstreamError, Upstream.UpstreamError ?? Upstream.OddStop)
        {
            Said = _said,
            Held = new HeldEvents(Response!, _client.TakeBack()!.Bytes, passage, verdict),
        };
    }

    private void NoteAnswer(StreamVerdict verdict) => _flight.AnswerSaid(
        Upstream.Model, Upstream.Usage, Upstream.EmptySignatures,
        verdict is StreamVerdict.Whole or StreamVerdict.LacksClosing ? null : Upstream.EstimatedOutput);

    /// <summary>A last frame that lacks nothing but its empty line is whole: it is completed, never dropped.</summary>
    private ValueTask CompleteLastFrameAsync()
    {
        if (_buffer.IsEmpty || Upstream.CompletionOf(_buffer.Rest) is not { } completion)
        {
            return ValueTask.CompletedTask;
        }

        byte[] frame = [.. _buffer.TakeRest(), .. completion];
        if (completion.Length > 0)
        {
            passage.MarkRepaired();
        }

        return Relay(frame) ? answer.FlushAsync() : ValueTask.CompletedTask;
    }
}
