using Holdfast.Configuration;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>
/// Relays one stream, frame by frame, as the upstream wrote it, and sees to it that it ends truthfully: with its own
/// terminal event, or with our terminal error. Owns no connection.
/// </summary>
/// <remarks>
/// <code>
/// 1 wait        no memory is held; the client is kept alive
/// 2 read        into a rented buffer
/// 3 frames      whole ones go to the follower, then to the client; repaired where clients cannot take them
/// 4 flush       waits while the client does not read
/// 5 end         what is still owed is written: a closing event, a terminal error, or nothing
/// </code>
/// </remarks>
internal sealed class StreamRelay(
    Exchange exchange, StreamAnswer answer, UpstreamBody body, HttpResponseMessage upstream, Vigil vigil,
    HoldfastOptions options)
{
    /// <summary>How long an upstream may keep the connection open behind its terminal event; then it is let go.</summary>
    private static readonly TimeSpan Afterglow = TimeSpan.FromSeconds(2);

    private readonly StreamFollower _follower = answer.Follower;
    private readonly FrameBuffer _buffer = new(answer.Follower.Framing);
    private bool _hasHeard;
    private bool _hasTerminal;

    /// <summary>Relays to the end. <paramref name="prefix"/>: bytes already read.</summary>
    public async Task<AttemptResult> RunAsync(ReadOnlyMemory<byte> prefix = default)
    {
        using var buffer = _buffer;
        Take(prefix.Span);

        while (true)
        {
            await RelayAndFlushAsync();
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

    private async ValueTask RelayAndFlushAsync()
    {
        var flush = RelayFramesAsync();
        var isHeldBack = !flush.IsCompleted;
        await flush;
        if (isHeldBack && !_follower.IsTerminal)
        {
            // Time in which the client did not read is nobody's silence (R123).
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
            body.SilenceCode = ErrorCodes.StreamStalled;
            vigil.UpstreamSilence.Start(options.Streaming.StallAfter);
        }
        else if (!_follower.IsTerminal)
        {
            vigil.UpstreamSilence.Restart();
        }
    }

    private ValueTask RelayFramesAsync()
    {
        var written = false;
        while (_buffer.TryTake(out var frame))
        {
            written |= Relay(frame);
        }

        if (!written || vigil.IsClientGone)
        {
            return ValueTask.CompletedTask;
        }

        vigil.ClientSilence.Restart();
        return answer.FlushAsync();
    }

    /// <summary>Shows one frame to the follower and writes what comes of it; whether anything was written.</summary>
    private bool Relay(ReadOnlySpan<byte> frame)
    {
        var action = _follower.Observe(frame);
        var record = exchange.Record;
        record.Events++;
        record.FirstEventMs ??= exchange.ElapsedMs;
        if (_follower.HasOutput)
        {
            record.FirstOutputMs ??= exchange.ElapsedMs;
        }

        answer.IsRepaired |= action != FrameAction.Relay;
        if (!answer.IsOpen)
        {
            answer.Open(upstream);
            vigil.ClientSilence.Start(options.Streaming.KeepAliveAfter);
        }

        exchange.Phase = Phase.Committed;
        if (_follower.MayEnd(cleanly: false))
        {
            // The client has all it came for, also where no closing event says so (Gemini).
            vigil.IgnoreClient();
        }

        if (_follower.IsTerminal && !_hasTerminal)
        {
            _hasTerminal = true;
            record.TerminalSeen = true;
            vigil.ClientSilence.Stop();
            vigil.UpstreamSilence.Start(Afterglow);
        }

        if (action == FrameAction.Drop)
        {
            return false;
        }

        answer.Write(action == FrameAction.Replace ? _follower.Replacement : frame);
        return true;
    }

    private async Task<AttemptResult> EndAsync(BodyRead end)
    {
        if (!end.ClientGone)
        {
            exchange.Record.ClosedFirst ??= end.Lost is null ? "upstream" : null;
            await CompleteLastFrameAsync();
        }

        exchange.NoteAnswer(_follower.Model, _follower.Usage);
        if (_follower.HasFailed)
        {
            exchange.NoteUpstreamError(_follower.UpstreamError);
            if (!_follower.IsTerminal)
            {
                await answer.CloseAsync();
            }

            return AttemptResult.Answered.Value;
        }

        if (end.Lost is null && !end.ClientGone && !answer.IsOpen && _follower.MayEnd(cleanly: true))
        {
            // Nothing came, and that was all: the client still gets the upstream's head.
            answer.Open(upstream);
        }

        if (_follower.IsTerminal || (!end.ClientGone && _follower.MayEnd(cleanly: end.Lost is null)))
        {
            exchange.Complete();
            return AttemptResult.Answered.Value;
        }

        if (end.ClientGone)
        {
            exchange.NoteClientGone();
            return AttemptResult.Answered.Value;
        }

        if (_follower.LacksOnlyClosing)
        {
            await answer.CloseAsync();
            exchange.Complete();
            return AttemptResult.Answered.Value;
        }

        // Whoever ended it and however cleanly: without its terminal event it is lost (R2).
        return new AttemptResult.Failed(
            answer.IsOpen ? exchange.Phase : Phase.Held, end.Lost ?? ErrorCodes.StreamTruncated, end.Detail);
    }

    /// <summary>A last frame that lacks nothing but its empty line is whole: it is completed, never dropped.</summary>
    private ValueTask CompleteLastFrameAsync()
    {
        if (_buffer.IsEmpty || _follower.CompletionOf(_buffer.Rest) is not { } completion)
        {
            return ValueTask.CompletedTask;
        }

        byte[] frame = [.. _buffer.TakeRest(), .. completion];
        answer.IsRepaired |= completion.Length > 0;
        return Relay(frame) ? answer.FlushAsync() : ValueTask.CompletedTask;
    }
}
