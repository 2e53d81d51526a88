using System.Buffers;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>The client's side of one stream: its opening, its bytes, its keepalives, its end. Only the exchange's loop
/// writes, and only whole frames: so nothing injected ever lands inside an event.</summary>
internal sealed class StreamAnswer(Exchange exchange, StreamFollower fresh, KeepAliveForm form)
{
    private readonly HttpResponse _response = exchange.Http.Response;
    private StreamFollower _follower = fresh;
    private ArrayBufferWriter<byte>? _scratch;
    private Task? _keepaliveOnItsWay;

    /// <summary>What is known of what the client has of the stream.</summary>
    public StreamFollower Follower => _follower;

    /// <summary>When the client got its headers, in milliseconds from the exchange's start.</summary>
    public double OpenedMs { get; private set; }

    /// <summary>Whether the client has its headers.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether something was changed on the way.</summary>
    public bool IsRepaired { get; set; }

    /// <summary>What was done to the answer so far.</summary>
    public Fidelity Fidelity => exchange.FidelityOf(IsRepaired);

    /// <summary>From here on the client gets what this one follows.</summary>
    public void Follow(StreamFollower follower) => _follower = follower;

    /// <summary>Opens before the upstream has answered: 200, and nothing said yet about who answers (D22).</summary>
    public void OpenEarly()
    {
        exchange.Record.OpenedEarly = true;
        exchange.Phase = Phase.Opened;
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ContentType = _follower.Framing == StreamFraming.ServerSentEvents
            ? "text/event-stream; charset=utf-8"
            : "application/json; charset=UTF-8";
        _response.Headers.CacheControl = "no-cache, no-transform";
        Open();
    }

    /// <summary>Opens with the upstream's own head.</summary>
    public void Open(HttpResponseMessage upstream)
    {
        _response.StatusCode = (int)upstream.StatusCode;
        AnswerHeaders.CopyTo(upstream, _response.Headers, keepsBody: false);
        upstream.Headers.Clear();
        if (_response.Headers.CacheControl.Count == 0)
        {
            _response.Headers.CacheControl = "no-cache";
        }

        Open();
    }

    /// <summary>Opens with the head of an answer that was made for an exchange before this one.</summary>
    public void Open(TurnHead head)
    {
        TurnHeads.CopyTo(head, _response);
        Open();
    }

    /// <summary>Tells the turn, where there is one, how its answer begins.</summary>
    public void TellHead() =>
        exchange.Turn?.Begin(TurnHeads.Of(_response, isStream: true, _follower.Framing == StreamFraming.JsonArray));

    /// <summary>Queues bytes of the answer; they leave with the next flush.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (exchange.Turn is { } turn)
        {
            turn.HasOutput |= _follower.HasOutput;
            turn.IsRepaired |= IsRepaired;
            turn.Append(bytes);
        }

        exchange.Capture?.KeepAnswer(bytes);
        Send(bytes);
    }

    /// <summary>Sends what is queued; waits while the client does not read (R123).</summary>
    public async ValueTask FlushAsync() => await _response.BodyWriter.FlushAsync();

    /// <summary>Sends a keepalive of the stream's present state; none after the terminal event. Never waits: a client that
    /// has not taken the last one does not read, and gets no other (R124).</summary>
    public void KeepAlive()
    {
        if (_follower.IsTerminal || _keepaliveOnItsWay is { IsCompleted: false })
        {
            return;
        }

        // No part of the answer: whoever asks for it again has its own.
        _follower.WriteKeepAlive(form, Scratch());
        Send(_scratch!.WrittenSpan);
        exchange.Record.Keepalives += _scratch!.WrittenCount > 0 ? 1 : 0;

        // Kestrel takes what is written behind a flush that is still under way, and keeps the order.
        _keepaliveOnItsWay = _response.BodyWriter.FlushAsync().AsTask();
    }

    /// <summary>Adds the closing event the upstream left out (D16).</summary>
    public ValueTask CloseAsync()
    {
        _follower.WriteClosing(Scratch());
        IsRepaired |= _scratch!.WrittenCount > 0;
        WriteScratch();
        return FlushAsync();
    }

    /// <summary>Ends with our terminal error; where the stream cannot carry one, cuts it: a cut must stay visible (D20).</summary>
    public ValueTask EndWithErrorAsync(GatewayError error)
    {
        if (!_follower.CanTellErrors)
        {
            exchange.Http.Abort();
            return ValueTask.CompletedTask;
        }

        _follower.WriteError(error, Scratch());
        WriteScratch();
        return FlushAsync();
    }

    /// <summary>Ends with the upstream's own error answer, told inside the stream (D18).</summary>
    public ValueTask EndWithUpstreamErrorAsync(ReadOnlySpan<byte> body, GatewayError error)
    {
        _follower.WriteUpstreamError(body, error, Scratch());
        WriteScratch();
        return FlushAsync();
    }

    private void Open()
    {
        _response.Headers["x-accel-buffering"] = "no";
        TellHead();
        exchange.StampAnswer(Fidelity);
        exchange.CaptureHead(_follower.Framing);
        exchange.Record.IsSse = _follower.Framing == StreamFraming.ServerSentEvents;
        OpenedMs = exchange.ElapsedMs;
        IsOpen = true;
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (exchange.IsGone)
        {
            return;
        }

        _response.BodyWriter.Write(bytes);
        exchange.Record.ResponseBytes += bytes.Length;
    }

    private ArrayBufferWriter<byte> Scratch()
    {
        _scratch ??= new ArrayBufferWriter<byte>(128);
        _scratch.ResetWrittenCount();
        return _scratch;
    }

    private void WriteScratch() => Write(_scratch!.WrittenSpan);
}
