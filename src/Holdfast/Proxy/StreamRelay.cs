using System.Buffers;
using System.Text;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Sse;

namespace Holdfast.Proxy;

/// <summary>
/// Relays one stream, frame by frame, as the upstream wrote it, and sees to it that it ends truthfully: with its own
/// terminal event, or with our terminal error. Owns no connection.
/// </summary>
/// <remarks>
/// <code>
/// 1 wait        no memory is held; the client is kept alive
/// 2 read        into a rented buffer
/// 3 frames      whole ones go to the follower, then to the client; repaired where clients cannot take them;
///               while another candidate could still answer, what says nothing yet is held back
/// 4 flush       waits while the client does not read
/// 5 end         what is still owed is written: a closing event, a terminal error, or nothing
/// </code>
/// </remarks>
internal sealed class StreamRelay(
    Attempt attempt, StreamAnswer answer, StreamFollower follower, UpstreamBody body, SilenceBreaker silence)
{
    /// <summary>How long an upstream may keep the connection open behind its terminal event; then it is let go.</summary>
    private static readonly TimeSpan Afterglow = TimeSpan.FromSeconds(2);

    /// <summary>Codex counts events only, and gives up after 300 s without (D12).</summary>
    private static readonly TimeSpan LongestHeldForCodex = TimeSpan.FromSeconds(200);

    /// <summary>No handshake is that long; one that is goes out.</summary>
    private const int MostHeld = 256 * 1024;

    private readonly Exchange _exchange = attempt.Exchange;
    private readonly Vigil _vigil = attempt.Vigil;
    private readonly FrameBuffer _buffer = new(follower.Framing);
    private ArrayBufferWriter<byte>? _held = attempt.HoldsBack ? new(1024) : null;
    private AttemptResult.Failed? _failed;
    private bool _hasHeard;
    private bool _hasTerminal;

    /// <summary>Whether something was changed before the bytes came here.</summary>
    public bool IsRepaired { get; set; }

    /// <summary>Relays to the end. <paramref name="prefix"/>: bytes already read.</summary>
    public async Task<AttemptResult> RunAsync(ReadOnlyMemory<byte> prefix = default)
    {
        using var buffer = _buffer;
        body.OnClientSilent = _held is null ? null : BreakSilenceAsync;
        Take(prefix.Span);

        while (true)
        {
            await RelayAndFlushAsync();
            if (_failed is not null)
            {
                return _failed;
            }

            if (buffer.IsOverfull)
            {
                return await EndAsync(new(0, ErrorCodes.StreamGarbled, "An event is larger than 64 MB."));
            }

            buffer.ReleaseIfEmpty();
            var wait = buffer.IsEmpty ? await body.WaitAsync() : default;
            var read = wait is { Lost: null, ClientGone: false } ? await body.ReadAsync(buffer.GetMemory()) : wait;
            if (read.Bytes == 0)
            {
                return await EndAsync(read);
            }

            buffer.Advance(read.Bytes);
            NoteBytes();
        }
    }

    /// <summary>Sends what is held back, where its client would not wait longer for it; else a keepalive.</summary>
    private ValueTask BreakSilenceAsync()
    {
        var isDue = _held is { WrittenCount: > 0 } && answer.IsOpen && attempt.Request.Client.IsCodex
            && _exchange.ElapsedMs - answer.OpenedMs >= LongestHeldForCodex.TotalMilliseconds;
        if (!isDue)
        {
            return silence.BreakAsync(attempt.Request, _exchange, _vigil);
        }

        Release();
        _vigil.ClientSilence.Start(silence.KeepAliveAfter);
        return answer.FlushAsync();
    }

    private async ValueTask RelayAndFlushAsync()
    {
        var flush = RelayFramesAsync();
        var isHeldBack = !flush.IsCompleted;
        await flush;
        if (isHeldBack && !follower.IsTerminal)
        {
            // Time in which the client did not read is nobody's silence (R123).
            _vigil.UpstreamSilence.Restart();
            _vigil.ClientSilence.Restart();
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
            body.SilenceCode = ErrorCodes.StreamStalled;
            _vigil.UpstreamSilence.Start(attempt.Timeouts.StallAfter);
        }
        else if (!follower.IsTerminal)
        {
            _vigil.UpstreamSilence.Restart();
        }
    }

    private ValueTask RelayFramesAsync()
    {
        var written = false;
        while (_failed is null && _buffer.TryTake(out var frame))
        {
            written |= Relay(frame);
        }

        if (_vigil.IsClientGone)
        {
            return _exchange.Turn is { IsFull: true } turn ? WaitForReaderAsync(turn) : ValueTask.CompletedTask;
        }

        if (!written)
        {
            return ValueTask.CompletedTask;
        }

        _vigil.ClientSilence.Restart();
        return answer.FlushAsync();
    }

    /// <summary>Whoever came back for the answer reads more slowly than the upstream writes.</summary>
    private async ValueTask WaitForReaderAsync(Turn turn)
    {
        while (turn.IsFull && _vigil.Final() == Alarm.None)
        {
            await _vigil.WaitAsync();
        }
    }

    /// <summary>Shows one frame to the follower and writes what comes of it; whether anything was written.</summary>
    private bool Relay(ReadOnlySpan<byte> frame)
    {
        var hadOutput = follower.HasOutput;
        var action = follower.Observe(frame);
        var record = _exchange.Record;
        record.Events++;
        record.FirstEventMs ??= _exchange.ElapsedMs;
        if (follower.HasOutput)
        {
            record.FirstOutputMs ??= _exchange.ElapsedMs;
        }

        IsRepaired |= action != FrameAction.Relay;
        if (_held is not null && !hadOutput && Fails(frame))
        {
            return false;
        }

        var bytes = action switch
        {
            FrameAction.Drop => default,
            FrameAction.Replace => follower.Replacement,
            _ => frame,
        };
        if (_held is { } held)
        {
            held.Write(bytes);
            if (!follower.HasOutput && !follower.IsTerminal && !follower.HasFailed && held.WrittenCount < MostHeld)
            {
                return false;
            }

            Release();
        }
        else
        {
            Open();
            answer.Write(bytes);
        }

        if (follower.MayEnd(cleanly: false))
        {
            // The client has all it came for, also where no closing event says so (Gemini).
            _vigil.IgnoreClient();
        }

        if (follower.IsTerminal && !_hasTerminal)
        {
            _hasTerminal = true;
            record.TerminalSeen = true;
            _vigil.ClientSilence.Stop();
            _vigil.UpstreamSilence.Start(Afterglow);
        }

        return action != FrameAction.Drop;
    }

    /// <summary>Whether the upstream reports a failure that somebody else may make good: an error event inside its 200, or a
    /// stop that is none. The attempt has failed then, and nothing of it goes out.</summary>
    private bool Fails(ReadOnlySpan<byte> frame)
    {
        if (!follower.HasFailed && follower.OddStop is null)
        {
            return false;
        }

        var failure = new Failure
        {
            Message = follower.HasFailed
                ? Encoding.UTF8.GetString(SseEvent.Parse(frame).Data)
                : $"Provider finish_reason: {follower.OddStop}",
            Provider = attempt.Choice.Upstream.Name,
        };
        if (!attempt.Plan.WouldMoveOn(attempt.Plan.Judge(failure)))
        {
            return false;
        }

        _failed = new(_exchange.PhaseBeforeCommit, ErrorCodes.UpstreamError, follower.UpstreamError ?? follower.OddStop)
        {
            Said = failure,
        };
        return true;
    }

    /// <summary>The client gets the head, unless it has one.</summary>
    private void Open()
    {
        answer.IsRepaired |= IsRepaired;
        if (!answer.IsOpen)
        {
            answer.Open(attempt.Response);
            _vigil.ClientSilence.Start(silence.KeepAliveAfter);
        }

        _exchange.Phase = Phase.Committed;
    }

    /// <summary>The commit: what was held back goes out, and no other answer can take its place any more.</summary>
    private void Release()
    {
        if (_held is not { } held)
        {
            return;
        }

        _held = null;
        answer.Follow(follower);
        Open();
        answer.Write(held.WrittenSpan);
        attempt.ReleaseBody();
    }

    private async Task<AttemptResult> EndAsync(BodyRead end)
    {
        if (!end.ClientGone)
        {
            _exchange.Record.ClosedFirst ??= end.Lost is null ? Side.Upstream : null;
            await CompleteLastFrameAsync();
            if (_failed is not null)
            {
                return _failed;
            }
        }

        var isOver = follower.IsTerminal || (!end.ClientGone && follower.MayEnd(cleanly: end.Lost is null));
        _exchange.NoteAnswer(follower.Model, follower.Usage);
        _exchange.NoteEmptySignatures(follower.EmptySignatures);
        if (follower.HasFailed || !(isOver || (follower.LacksOnlyClosing && !end.ClientGone)))
        {
            _exchange.NoteEstimate(follower.EstimatedOutput);
        }

        if (_held is not null && (follower.HasFailed || follower.LacksOnlyClosing
            || (!end.ClientGone && follower.MayEnd(cleanly: end.Lost is null))))
        {
            Release();
            await answer.FlushAsync();
        }

        if (follower.HasFailed)
        {
            _exchange.NoteUpstreamError(follower.UpstreamError);
            if (!follower.IsTerminal)
            {
                await answer.CloseAsync();
            }

            return AttemptResult.Answered.Value;
        }

        if (end.Lost is null && !end.ClientGone && !answer.IsOpen && follower.MayEnd(cleanly: true))
        {
            // Nothing came, and that was all: the client still gets the upstream's head.
            answer.Open(attempt.Response);
        }

        if (isOver)
        {
            _exchange.Complete();
            return AttemptResult.Answered.Value;
        }

        if (end.ClientGone)
        {
            _exchange.NoteClientGone();
            return AttemptResult.Answered.Value;
        }

        if (follower.LacksOnlyClosing)
        {
            _vigil.IgnoreClient();
            await answer.CloseAsync();
            _exchange.Complete();
            return AttemptResult.Answered.Value;
        }

        // Whoever ended it and however cleanly: without its terminal event it is lost (R2).
        return new AttemptResult.Failed(_exchange.Phase == Phase.Committed ? Phase.Committed : _exchange.PhaseBeforeCommit,
            end.Lost ?? ErrorCodes.StreamTruncated, end.Detail);
    }

    /// <summary>A last frame that lacks nothing but its empty line is whole: it is completed, never dropped.</summary>
    private ValueTask CompleteLastFrameAsync()
    {
        if (_buffer.IsEmpty || follower.CompletionOf(_buffer.Rest) is not { } completion)
        {
            return ValueTask.CompletedTask;
        }

        byte[] frame = [.. _buffer.TakeRest(), .. completion];
        IsRepaired |= completion.Length > 0;
        return Relay(frame) ? answer.FlushAsync() : ValueTask.CompletedTask;
    }
}
