using System.Buffers;
using Holdfast.Clients;
using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Answers;

/// <summary>
/// The client's side of an exchange, and the only one that writes to it: head, bytes, errors, end. With all that it writes it
/// moves the phase, counts, and feeds the journal and what is recorded. Used by the exchange's loop alone, so that nothing is
/// written out of order.
/// </summary>
internal sealed class ClientAnswer : ITurnClient, IWaitingClient
{
    /// <summary>A session that asks the same again has noticed itself that something is wrong.</summary>
    private const int FewUnanswered = 3;

    /// <summary>Who says no session may ask the same again on purpose, and a network may be gone for seconds.</summary>
    private const int ManyUnanswered = 6;

    /// <summary>Sooner nobody vanishes unnoticed: keep-alive and interim responses take longer to show it.</summary>
    private const double SoonestVanishedMs = 5_000;

    private readonly Exchange _exchange;
    private readonly FlightRecord _flight;
    private readonly HttpResponse _response;
    private CancellationToken _clientGone;
    private Vigil? _vigil;

    /// <param name="exchange">The exchange whose answer it is.</param>
    public ClientAnswer(Exchange exchange)
    {
        (_exchange, _flight, _response) = (exchange, exchange.Flight, exchange.Http.Response);
        Stream = new(this, _flight);
    }

    /// <summary>The answer as a stream of events; it is one, or may become one.</summary>
    public ClientStream Stream { get; }

    /// <summary>Whether the head of the answer is the client's: nothing of it can be taken back.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether that head is the head of a stream.</summary>
    public bool IsStream { get; private set; }

    /// <inheritdoc/>
    public bool IsGone =>
        (_clientGone.CanBeCanceled ? _clientGone : _exchange.Http.RequestAborted).IsCancellationRequested;

    /// <inheritdoc/>
    public bool IsLost => IsGone || ConnectionState.Of(_exchange.Http)?.IsLost(
        _flight.Record.Session is null ? ManyUnanswered : FewUnanswered) == true;

    /// <inheritdoc/>
    public bool HasHead => _exchange.Phase is Phase.Opened or Phase.Committed;

    /// <summary>Whether its client has left, and nobody may come back for the answer.</summary>
    public bool HasLeft => IsGone && !_exchange.Turn.IsWanted;

    /// <summary>Where an attempt stands whose answer has begun and says nothing yet.</summary>
    public Phase PhaseBeforeCommit => IsOpen ? Phase.Opened : Phase.Held;

    /// <summary>The client begins to wait: from now on it does not hear nothing for long.</summary>
    public void Wait(ClientRequest request, Vigil vigil)
    {
        // A token outlives its request: who comes back may ask when it has just ended.
        _clientGone = _exchange.Http.RequestAborted;
        _vigil = vigil;
        Stream.Wait(request, SilenceTerms.For(request, _exchange.Setup.Streaming, _exchange.Route?.Timeouts), vigil);
    }

    /// <summary>What of a request the following of its answer needs.</summary>
    public StreamContext ContextOf(ClientRequest request, bool isArray = false) => new(
        request.Model ?? "", _exchange.StartedAt.ToUnixTimeSeconds(), _exchange.ExchangeId,
        request.Client.Known.ErrorEventsAsFailed, IsArray: isArray);

    /// <summary>The present attempt has come so far; a stream that is open stays open.</summary>
    public void Advance(Phase phase) => _exchange.Phase = IsOpen ? Phase.Opened : phase;

    /// <summary>Gives the client the head of an answer, unless it has one.</summary>
    /// <param name="head">The head.</param>
    /// <param name="fidelity">What was done to the answer; null where that is not known yet, or there is none.</param>
    /// <param name="isEarly">Whether nothing is answered yet; else no other answer can take the place of this one any more.</param>
    public void Begin(in AnswerHead head, Fidelity? fidelity, bool isEarly = false)
    {
        if (!IsOpen)
        {
            Open(head, fidelity, isEarly);
        }

        _flight.Opened(fidelity);
        _exchange.Phase = isEarly ? Phase.Opened : Phase.Committed;
    }

    /// <summary>Queues bytes behind the head; they leave with the next flush.</summary>
    /// <param name="bytes">Of a stream: whole frames, so that nothing injected ever lands inside an event.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsStream && _exchange.Turn.Made is { } turn)
        {
            Stream.Describe(turn);
            turn.Append(bytes);
        }

        _exchange.Capture?.KeepAnswer(bytes);
        Send(bytes);
    }

    /// <summary>Queues bytes that are no part of the answer: whoever asks for it again has its own.</summary>
    public void WriteKeepAlive(ReadOnlySpan<byte> bytes)
    {
        _response.BodyWriter.Write(bytes);
        _flight.Sent(bytes.Length, isKeepalive: true);
    }

    /// <summary>Room for bytes of an answer that is no stream of events.</summary>
    public Memory<byte> GetMemory() => _response.BodyWriter.GetMemory();

    /// <summary>These bytes stand in that room; they leave with the next flush.</summary>
    public void Written(ReadOnlySpan<byte> bytes)
    {
        _exchange.Capture?.KeepAnswer(bytes);
        _response.BodyWriter.Advance(bytes.Length);
        _flight.Sent(bytes.Length);
    }

    /// <summary>Sends what is queued; waits while the client does not read.</summary>
    public ValueTask FlushAsync()
    {
        var flush = _response.BodyWriter.FlushAsync();
        if (!flush.IsCompletedSuccessfully)
        {
            return new(flush.AsTask());
        }

        _ = flush.Result;
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends a whole answer.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="body">Its body.</param>
    /// <param name="fidelity">What was done to it.</param>
    /// <param name="mayBeFetched">Whether it waits for whoever comes back, should its client be lost.</param>
    public async ValueTask WriteWholeAsync(
        AnswerHead head, ReadOnlySequence<byte> body, Fidelity fidelity, bool mayBeFetched = false)
    {
        // Once it is written its client may leave with all of it. One that may be lost is written to nevertheless.
        var isLost = mayBeFetched && (IsGone || _exchange.Turn.Made is { HasReader: true }
            || (_flight.ElapsedMs >= SoonestVanishedMs && IsLost));
        Begin(head with { Length = body.IsEmpty ? null : body.Length }, fidelity);
        _flight.Sent(IsGone ? 0 : body.Length);
        foreach (var part in body)
        {
            // Not even an empty write: some statuses take none.
            _exchange.Capture?.KeepAnswer(part.Span);
            isLost |= !part.IsEmpty && (await _response.BodyWriter.WriteAsync(part)).IsCompleted && mayBeFetched;
        }

        if (isLost && _exchange.Turn.Make() is { } turn && turn.LoseClient(_vigil!.Wake))
        {
            turn.IsRepaired = fidelity == Fidelity.Repaired;
            turn.Begin(AnswerHead.ToKeep(_response, framing: null));
            foreach (var part in body)
            {
                turn.Append(part.Span);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask BreakSilenceAsync()
    {
        var silence = _vigil!.ClientSilence;
        if (IsGone)
        {
            // The answer goes on; nobody is there to be kept waiting.
            silence.Stop();
        }
        else if (IsOpen ? IsStream : Stream.CanTellErrors)
        {
            await Stream.BreakSilenceAsync();
        }
        else
        {
            // A whole answer: an interim response for those who take it, else TCP keep-alive has to do.
            if (!IsOpen && InterimPolicy.Accepts(_exchange.Http.Request, _exchange.Client))
            {
                await InterimResponses.TrySendAsync(_exchange.Http, CancellationToken.None);
            }

            silence.Restart();
        }
    }

    /// <summary>The answer is whole.</summary>
    /// <param name="isLost">Whether it is known that it did not arrive.</param>
    public void Complete(bool isLost = false)
    {
        _exchange.Turn.Made?.Finish(TurnEnd.Whole);
        _flight.Completed(isLost || _exchange.Turn.Made is { IsClientLost: true });
    }

    /// <summary>Tells the client an error of ours: with a status while one can be chosen, else inside the stream. What cannot
    /// carry one is cut: a cut must stay visible.</summary>
    /// <param name="error">What it is told.</param>
    /// <param name="head">Status and headers, where they are others than the error's own.</param>
    public ValueTask TellAsync(GatewayError error, AnswerHead? head = null)
    {
        Stream.TakeBack();
        if (!IsOpen || (!IsStream && !_response.HasStarted))
        {
            return TellInDocumentAsync(error, head ?? AnswerHead.OfDocument(error.Status));
        }

        if (IsStream && Stream.CanTellErrors)
        {
            return Stream.TellAsync(error);
        }

        Abort();
        return ValueTask.CompletedTask;
    }

    /// <summary>Tells the turn of a stream that is open how its answer begins: it may have come to be after that.</summary>
    public void TellHead()
    {
        if (IsOpen && IsStream)
        {
            _exchange.Turn.Made?.Begin(AnswerHead.ToKeep(_response, Stream.Framing));
        }
    }

    /// <inheritdoc/>
    public void Abort() => _exchange.Http.Abort();

    private void Open(in AnswerHead head, Fidelity? fidelity, bool isEarly = false)
    {
        head.CopyTo(_response);
        (IsOpen, IsStream) = (true, head.Framing is not null);
        TellHead();
        if (ConnectionState.Of(_exchange.Http) is { IsDraining: true } connection)
        {
            // It may not have been when the request came.
            connection.StampAnswer(_response);
        }

        _flight.Opened(fidelity, IsStream ? head.Framing == StreamFraming.ServerSentEvents : null, isEarly);
        OwnHeaders.Stamp(_response.Headers, _flight.Record, fidelity);
        _exchange.CaptureHead(head.Framing);
        if (IsStream)
        {
            Stream.Opened();
        }
    }

    private async ValueTask TellInDocumentAsync(GatewayError error, AnswerHead head)
    {
        // What was already copied of a head that then could not be sent is not ours.
        _response.Headers.Clear();
        ConnectionState.Of(_exchange.Http)?.StampAnswer(_response);
        var body = new ArrayBufferWriter<byte>(512);
        _exchange.Protocol.WriteErrorBody(error, body);
        Open(
            head with { Error = error.Code, RetryAfter = error.RetryAfter ?? head.RetryAfter, Length = body.WrittenCount },
            fidelity: null);
        if (!HttpMethods.IsHead(_exchange.Http.Request.Method))
        {
            Write(body.WrittenSpan);
            await FlushAsync();
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (!IsGone)
        {
            _response.BodyWriter.Write(bytes);
            _flight.Sent(bytes.Length);
        }
    }
}
