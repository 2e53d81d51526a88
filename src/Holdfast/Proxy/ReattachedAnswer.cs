using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Wire;
using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>Hands a client that was lost and asks again the answer that was made meanwhile: whole, put together, or what is
/// left of it. Nothing is asked upstream a second time.</summary>
internal sealed class ReattachedAnswer(TurnJournal journal, SilenceBreaker silence, ErrorAnswer errors)
{
    /// <summary>The rest of a longer answer is generated anew.</summary>
    private const long LongestRest = 4 * 1024 * 1024;

    /// <summary>How long a client that asks for one answer waits for it (clients.md: Claude Code says 300 s).</summary>
    private static readonly TimeSpan LongestAssembly = TimeSpan.FromSeconds(290);

    /// <summary>Answers from the journal. False where no answer came of it after all and nothing but keepalives was sent: then
    /// the request is one like any other.</summary>
    public async Task<bool> TellAsync(Earlier earlier, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        if (earlier.Turn is { } turn)
        {
            return await ReplayAsync(turn, request, exchange, vigil);
        }

        if (await ResumeAsync(earlier.Cut!, request, exchange, vigil))
        {
            return true;
        }

        // It goes on elsewhere.
        earlier.Cut!.Dismiss();
        return false;
    }

    /// <summary>Answers from the journal, whatever is there at once and the rest as it comes. False where no answer came of
    /// it after all and nothing but keepalives was sent: then the request is one like any other.</summary>
    private async Task<bool> ReplayAsync(Turn turn, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        if (turn.Attach(request.Identify()!, exchange, vigil.Wake) is not { } reader)
        {
            return false;
        }

        try
        {
            if (await WaitForHeadAsync(turn, reader, request, exchange, vigil) is var alarm and not Alarm.None)
            {
                await errors.EndWaitAsync(exchange, alarm);
                return true;
            }

            if (turn.Head is not { } head || (!head.IsStream && turn.End != TurnEnd.Whole))
            {
                return false;
            }

            if (head.IsStream && !request.WantsStream)
            {
                return await AssembleAsync(turn, head, reader, request, exchange, vigil);
            }

            exchange.Reattach(turn);
            await (head.IsStream
                ? RelayStreamAsync(turn, head, reader, request, exchange, vigil)
                : RelayWholeAsync(turn, head, reader, exchange, vigil));
            return true;
        }
        finally
        {
            reader.Leave(hasAll: exchange.IsAnswered);
        }
    }

    /// <summary>The rest of an answer for a client that has its beginning, once it is whole. False where it must be generated
    /// anew.</summary>
    private async Task<bool> ResumeAsync(Turn turn, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        if (!journal.Options.Resume || request.Path.Protocol != WireProtocol.Anthropic || !request.WantsStream
            || MessageRest.AskedBy(request.Body) is not { } rest
            || turn.Attach(request.Identify()!, exchange, vigil.Wake) is not { } reader)
        {
            return false;
        }

        try
        {
            var alarm = await WaitForHeadAsync(turn, reader, request, exchange, vigil);
            if (alarm == Alarm.None && turn.Head is { IsStream: true } head)
            {
                alarm = await ReadAsync(
                    reader, head, request, exchange, vigil, frame => rest.Add(frame) && rest.Length <= LongestRest);
            }

            if (alarm is not (Alarm.None or Alarm.UpstreamSilent))
            {
                await errors.EndWaitAsync(exchange, alarm);
                return true;
            }

            if (turn.End != TurnEnd.Whole || rest.Finish() is not { } frames)
            {
                return false;
            }

            exchange.Reattach(turn);
            if (exchange.IsLost)
            {
                exchange.NoteClientGone();
                return true;
            }

            var answer = exchange.Stream ??= silence.AnswerFor(request, exchange);
            answer.IsRepaired = true;
            if (!answer.IsOpen)
            {
                answer.Open(turn.Head!);
            }

            exchange.Phase = Phase.Committed;
            foreach (var frame in frames)
            {
                answer.Follower.Observe(frame);
                answer.Write(frame);
                exchange.Record.Events++;
            }

            await answer.FlushAsync();
            exchange.Record.TerminalSeen = answer.Follower.IsTerminal;
            exchange.NoteAnswer(answer.Follower.Model, usage: null);
            exchange.Complete();
            return true;
        }
        finally
        {
            reader.Leave(hasAll: exchange.IsAnswered);
        }
    }

    private async ValueTask<Alarm> WaitForHeadAsync(
        Turn turn, TurnReader reader, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        var alarm = Alarm.None;

        // A whole answer is there at once, or not at all.
        while (alarm == Alarm.None && turn.End == TurnEnd.None && turn.Head is not { IsStream: true })
        {
            alarm = await WaitAsync(reader, request, exchange, vigil);
        }

        return alarm;
    }

    /// <summary>Reads all there will be, as it comes: a writer far ahead of its reader waits. What ended that before, if
    /// something did; nothing where <paramref name="take"/> wants no more.</summary>
    private async ValueTask<Alarm> ReadAsync(
        TurnReader reader, TurnHead head, ClientRequest request, Exchange exchange, Vigil vigil, TakeFrame take)
    {
        using var buffer = new FrameBuffer(head.IsArray ? StreamFraming.JsonArray : StreamFraming.ServerSentEvents);
        vigil.UpstreamSilence.Start(LongestAssembly);
        while (!reader.IsExhausted)
        {
            var count = await reader.ReadAsync(buffer.GetMemory());
            buffer.Advance(count);
            while (buffer.TryTake(out var frame))
            {
                if (!take(frame))
                {
                    return Alarm.None;
                }
            }

            if (count == 0 && !reader.IsExhausted
                && await WaitAsync(reader, request, exchange, vigil) is var alarm and not Alarm.None)
            {
                return alarm;
            }
        }

        vigil.UpstreamSilence.Stop();
        return Alarm.None;
    }

    private delegate bool TakeFrame(ReadOnlySpan<byte> frame);

    private async Task RelayStreamAsync(
        Turn turn, TurnHead head, TurnReader reader, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        var answer = exchange.Stream ??= silence.AnswerFor(request, exchange, head.IsArray);
        if (!answer.IsOpen)
        {
            answer.IsRepaired = turn.IsRepaired;
            answer.Open(head);
        }

        exchange.Phase = Phase.Committed;
        vigil.ClientSilence.Start(silence.KeepAliveAfter);
        using var buffer = new FrameBuffer(answer.Follower.Framing);
        var (isLost, hasLast) = (false, false);
        while (true)
        {
            if (!hasLast && vigil.IsClientGone)
            {
                // What it did not get waits for it again.
                exchange.NoteClientGone();
                return;
            }

            var count = await reader.ReadAsync(buffer.GetMemory());
            if (count > 0)
            {
                buffer.Advance(count);
                while (buffer.TryTake(out var frame))
                {
                    answer.Follower.Observe(frame);
                    answer.Write(frame);
                    exchange.Record.Events++;
                }

                vigil.ClientSilence.Restart();
                if (!hasLast && answer.Follower.MayEnd(cleanly: false))
                {
                    // With the last of it in hand it may leave.
                    (hasLast, isLost) = (true, exchange.IsLost);
                    vigil.IgnoreClient();
                }

                await answer.FlushAsync();
            }

            if (reader.IsExhausted)
            {
                break;
            }

            buffer.ReleaseIfEmpty();
            if (count == 0 && await WaitAsync(reader, request, exchange, vigil) is var alarm and not Alarm.None)
            {
                await errors.EndWaitAsync(exchange, alarm);
                return;
            }
        }

        if (!buffer.IsEmpty)
        {
            answer.Write(buffer.TakeRest());
            await answer.FlushAsync();
        }

        answer.IsRepaired |= turn.IsRepaired;
        exchange.NoteAnswer(answer.Follower.Model, usage: null);
        if (isLost)
        {
            // Written, and never arrived.
            exchange.NoteClientGone();
        }
        else if (turn.End == TurnEnd.Whole)
        {
            exchange.Record.TerminalSeen = answer.Follower.IsTerminal;
            exchange.Complete();
        }
        else if (answer.Follower.HasFailed)
        {
            exchange.NoteUpstreamError(answer.Follower.UpstreamError);
        }
        else
        {
            await errors.FailAsync(exchange, new(Phase.Committed, ErrorCodes.StreamTruncated));
        }
    }

    /// <summary>The stream as one answer (Claude Code's fallback asks for it so), once it is whole. False where it does not
    /// become whole.</summary>
    private async Task<bool> AssembleAsync(
        Turn turn, TurnHead head, TurnReader reader, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        var assembler = request.Path.Protocol.Assemble();
        var alarm = await ReadAsync(reader, head, request, exchange, vigil, frame =>
        {
            assembler.Add(frame);
            return true;
        });
        if (alarm is not (Alarm.None or Alarm.UpstreamSilent))
        {
            await errors.EndWaitAsync(exchange, alarm);
            return true;
        }

        if (turn.End != TurnEnd.Whole || assembler.Finish() is not { } answer)
        {
            return false;
        }

        exchange.Reattach(turn);
        if (exchange.IsLost)
        {
            exchange.NoteClientGone();
            return true;
        }

        var response = exchange.Http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = answer.Length;
        exchange.StampAnswer(Fidelity.Assembled);
        exchange.Phase = Phase.Committed;
        exchange.Record.ResponseBytes += answer.Length;
        await response.BodyWriter.WriteAsync(answer);
        exchange.Complete();
        return true;
    }

    private static async Task RelayWholeAsync(
        Turn turn, TurnHead head, TurnReader reader, Exchange exchange, Vigil vigil)
    {
        var response = exchange.Http.Response;
        TurnHeads.CopyTo(head, response);
        exchange.StampAnswer(exchange.FidelityOf(turn.IsRepaired));
        exchange.Phase = Phase.Committed;
        response.ContentLength = turn.Length;
        int count;
        while ((count = await reader.ReadAsync(response.BodyWriter.GetMemory())) > 0)
        {
            response.BodyWriter.Advance(count);
            exchange.Record.ResponseBytes += count;
            if (vigil.IsClientGone)
            {
                exchange.NoteClientGone();
                return;
            }

            await response.BodyWriter.FlushAsync();
        }

        exchange.Complete();
    }

    /// <summary>Waits until there may be more to read, the client kept alive; what ended the wait before, if something
    /// did.</summary>
    private async ValueTask<Alarm> WaitAsync(TurnReader reader, ClientRequest request, Exchange exchange, Vigil vigil)
    {
        if (reader.IsTakenOver)
        {
            // Its client asked once more, on another connection.
            exchange.Http.Abort();
            return Alarm.ClientGone;
        }

        switch (vigil.Due())
        {
            case Alarm.None:
                await vigil.WaitAsync();
                return Alarm.None;
            case Alarm.ClientSilent:
                await silence.BreakAsync(request, exchange, vigil);
                return Alarm.None;
            case var alarm:
                return alarm;
        }
    }
}
