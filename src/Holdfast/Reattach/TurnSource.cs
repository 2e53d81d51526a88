using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Journal;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Reattach;

/// <summary>Reads the answer that is made, or was made, for an exchange before this one. Disposing it leaves the turn.</summary>
internal sealed class TurnSource : AnswerSource, IDisposable
{
    private readonly Turn _turn;
    private readonly TurnReader _reader;
    private readonly ClientAnswer _answer;
    private readonly Vigil _vigil;
    private readonly Func<bool> _hasMore;
    private bool _hasAll;
    private bool _isUndelivered;

    private TurnSource(Turn turn, TurnReader reader, ClientAnswer answer, Vigil vigil)
    {
        (_turn, _reader, _answer, _vigil) = (turn, reader, answer, vigil);
        _hasMore = HasMore;
    }

    /// <summary>Called with each whole frame of a stream; false where no more is wanted.</summary>
    public delegate bool TakeFrame(ReadOnlySpan<byte> frame);

    /// <summary>The turn.</summary>
    public Turn Turn => _turn;

    public override bool IsUndelivered => _isUndelivered;

    /// <summary>Begins to read a turn from its first byte. Null if it is too late, or somebody else reads.</summary>
    public static TurnSource? Attach(Turn turn, ClientRequest request, ClientAnswer answer, Vigil vigil) =>
        turn.Attach(request.Identity.Identify()!, answer, vigil.Wake) is { } reader ? new(turn, reader, answer, vigil) : null;

    /// <summary>The client has the whole answer: nobody need come back for it.</summary>
    public void NoteAllRead() => _hasAll = true;

    /// <summary>Waits until it is known how the answer begins, or that none comes.</summary>
    /// <returns>What ended that before.</returns>
    public async ValueTask<BodyRead> WaitForHeadAsync()
    {
        // A whole answer is there at once, or not at all.
        var alarm = await _vigil.UntilAsync(
            () => _reader.IsTakenOver || _turn.End != TurnEnd.None || _turn.Head is { IsStream: true });
        return alarm == Alarm.None ? Check() : EndOf(alarm);
    }

    public override async ValueTask<BodyRead> WaitAsync()
    {
        var alarm = await _vigil.UntilAsync(_hasMore);
        return alarm == Alarm.None ? Check() : EndOf(alarm);
    }

    public override async ValueTask<BodyRead> ReadAsync(Memory<byte> memory)
    {
        while (true)
        {
            var end = Check();
            if (end.ClientGone || end.Lost is not null)
            {
                return end;
            }

            if (await _reader.ReadAsync(memory) is > 0 and var count)
            {
                return new(count);
            }

            if (_reader.IsExhausted)
            {
                return new(0, _turn.End == TurnEnd.Whole ? null : ErrorCodes.StreamTruncated);
            }

            if (await _vigil.UntilAsync(_hasMore) is var alarm and not Alarm.None)
            {
                return EndOf(alarm);
            }
        }
    }

    /// <summary>Reads all frames there will be, as they come: a writer far ahead of its reader waits.</summary>
    /// <returns>How that ended: of no bytes and without a loss where all was read, or no more is wanted.</returns>
    public async ValueTask<BodyRead> ReadFramesAsync(StreamFraming framing, TakeFrame take)
    {
        using var buffer = new FrameBuffer(framing);
        while (true)
        {
            var read = await ReadAsync(buffer.GetMemory());
            if (read.Bytes == 0)
            {
                return read;
            }

            buffer.Advance(read.Bytes);
            while (buffer.TryTake(out var frame))
            {
                if (!take(frame))
                {
                    return default;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void LastGoesOut() => _isUndelivered = _isUndelivered || _answer.IsLost;

    public void Dispose() => _reader.Leave(_hasAll);

    private bool HasMore() => _reader.IsTakenOver || _turn.End != TurnEnd.None || _turn.Length > _reader.Position;

    private BodyRead Check()
    {
        if (_reader.IsTakenOver)
        {
            // Its client asked once more, on another connection.
            _answer.Abort();
            return new(0) { ClientGone = true };
        }

        return _vigil.Final() is var final and not Alarm.None ? EndOf(final) : default;
    }

    private static BodyRead EndOf(Alarm alarm) => alarm switch
    {
        Alarm.ClientGone => new(0) { ClientGone = true },
        Alarm.Stopping => new(0, ErrorCodes.GatewayStopped),
        Alarm.Overtime => new(0, ErrorCodes.TotalTimeout),
        _ => new(0, ErrorCodes.StreamStalled),
    };
}
