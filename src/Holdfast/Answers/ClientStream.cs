using System.Buffers;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Passages;

namespace Holdfast.Answers;

/// <summary>The client's side of a stream: what it is given, what is held back from it, what keeps it alive, how it ends. Writes
/// whole frames only, through its answer. Used by the exchange's loop.</summary>
/// <param name="answer">The answer it is part of.</param>
/// <param name="flight">What is written down.</param>
internal sealed class ClientStream(ClientAnswer answer, FlightRecord flight)
{
    private StreamPassage? _passage;
    private StreamFollower? _follower;
    private AnswerHead _head;
    private HoldBack? _held;
    private SilenceTerms? _terms;
    private SilenceClock? _silence;
    private ArrayBufferWriter<byte>? _scratch;
    private Task? _keepaliveOnItsWay;
    private double _openedMs;

    /// <summary>How its events are framed.</summary>
    public StreamFraming Framing => _follower!.Framing;

    /// <summary>Whether an error can be told inside it. Not in what is no stream.</summary>
    public bool CanTellErrors => _follower is { CanTellErrors: true };

    /// <summary>Whether its client has been given something that says something.</summary>
    public bool HasOutput => answer.IsStream && _follower is { HasOutput: true } && _held is null;

    /// <summary>Whether what comes is held back.</summary>
    public bool IsHolding => _held is not null;

    /// <summary>Whether as much is held back as may be.</summary>
    public bool IsHoldFull => _held is { IsFull: true };

    /// <summary>The client begins to wait.</summary>
    /// <param name="request">What it asks for.</param>
    /// <param name="terms">How long it may hear nothing.</param>
    /// <param name="vigil">Watches over the exchange.</param>
    public void Wait(ClientRequest request, SilenceTerms terms, Vigil vigil)
    {
        (_terms, _silence) = (terms, vigil.ClientSilence);
        _silence.Start(answer.IsOpen || !request.CanBeOpenedEarly ? terms.KeepAliveAfter : terms.OpenEarlyAfter);
        if (request.CanBeOpenedEarly)
        {
            _follower ??= request.Path.Protocol.Follow(answer.ContextOf(request));
        }
    }

    /// <summary>The stream is about to come.</summary>
    /// <param name="head">The head its client gets with its first bytes, unless it has one.</param>
    /// <param name="passage">The way it takes.</param>
    /// <param name="holdsBack">Whether it is held back until <see cref="Release"/>.</param>
    public void Expect(AnswerHead head, StreamPassage passage, bool holdsBack = false)
    {
        (_head, _passage, _held) = (head, passage, holdsBack ? new() : null);
        if (!holdsBack || _follower is null)
        {
            _follower = passage.Client;
        }
    }

    /// <summary>Gives the client the head, unless it has one: no other answer can take the place of this one any more.</summary>
    public void Begin() => answer.Begin(_head, _passage!.Fidelity);

    /// <summary>Queues frames, or holds them back.</summary>
    public void Write(ReadOnlySpan<byte> frames)
    {
        if (_held is { } held)
        {
            held.Add(frames);
            return;
        }

        Begin();
        answer.Write(frames);
    }

    /// <summary>The commit: what was held back goes out.</summary>
    public void Release()
    {
        if (TakeBack() is { } held)
        {
            _follower = _passage!.Client;
            Write(held.Bytes.Span);
        }
    }

    /// <summary>What was held back does not go out, for now; null where nothing was.</summary>
    public HoldBack? TakeBack()
    {
        var held = _held;
        _held = null;
        return held;
    }

    /// <summary>Its head has been given to the client.</summary>
    public void Opened()
    {
        // Its message is held as long as the stream lasts; its headers need not be.
        _head.Upstream?.Headers.Clear();
        _openedMs = flight.ElapsedMs;
        _silence?.Start(_terms!.KeepAliveAfter);
    }

    /// <summary>Tells a turn what is known of what it is given.</summary>
    public void Describe(Turn turn)
    {
        turn.HasOutput |= _follower!.HasOutput;
        turn.IsRepaired |= _passage is { IsRepaired: true };
    }

    /// <summary>Its client has heard nothing for long: opens it, or gives it a keepalive, or what is held back for too long.</summary>
    public async ValueTask BreakSilenceAsync()
    {
        var isHeldTooLong = _held is { IsEmpty: false } && answer.IsOpen && _terms!.LongestHeld != Timeout.InfiniteTimeSpan
            && flight.ElapsedMs - _openedMs >= _terms.LongestHeld.TotalMilliseconds;
        if (isHeldTooLong)
        {
            Release();
            await answer.FlushAsync();
        }
        else
        {
            if (!answer.IsOpen)
            {
                // 200, and nothing said yet about who answers.
                answer.Begin(AnswerHead.OfOwnStream(Framing), fidelity: null, isEarly: true);
            }

            await KeepAliveAsync();
        }

        _silence!.Start(_terms!.KeepAliveAfter);
    }

    /// <summary>Sends a keepalive of the stream's present state; none after the terminal event. Never waits for a client that
    /// does not read: one that has not taken the last one gets no other.</summary>
    public ValueTask KeepAliveAsync()
    {
        if (_terms!.KeepAliveAfter == Timeout.InfiniteTimeSpan)
        {
            // No keepalives are wanted; but a client that waits for its headers is to have them.
            return answer.FlushAsync();
        }

        if (!_follower!.IsTerminal && _keepaliveOnItsWay is not { IsCompleted: false })
        {
            _follower.WriteKeepAlive(_terms.Form, Scratch());
            answer.WriteKeepAlive(_scratch!.WrittenSpan);

            // Kestrel takes what is written behind a flush that is still under way, and keeps the order.
            _keepaliveOnItsWay = answer.FlushAsync().AsTask();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Adds the closing event that the upstream left out.</summary>
    public ValueTask CloseAsync()
    {
        _follower!.WriteClosing(Scratch());
        if (_scratch!.WrittenCount > 0)
        {
            _passage!.MarkRepaired();
        }

        Write(_scratch.WrittenSpan);
        return answer.FlushAsync();
    }

    /// <summary>Ends with an error of ours.</summary>
    public ValueTask TellAsync(GatewayError error)
    {
        _follower!.WriteError(error, Scratch());
        answer.Write(_scratch!.WrittenSpan);
        return answer.FlushAsync();
    }

    /// <summary>Ends with an upstream's error answer, told inside the stream.</summary>
    /// <param name="body">The upstream's error document.</param>
    /// <param name="error">What we say where that says nothing.</param>
    public ValueTask TellAsync(ReadOnlySpan<byte> body, GatewayError error)
    {
        _follower!.WriteUpstreamError(body, error, Scratch());
        answer.Write(_scratch!.WrittenSpan);
        return answer.FlushAsync();
    }

    private ArrayBufferWriter<byte> Scratch()
    {
        _scratch ??= new ArrayBufferWriter<byte>(128);
        _scratch.ResetWrittenCount();
        return _scratch;
    }
}
