using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.Recording.Records;
using Holdfast.Wire;
using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Proxy;

/// <summary>
/// Relays an answer that is not a stream of events. Up to 4 MiB it is held until it is whole, so that a cut is still a
/// 502; beyond that it flows, and a cut aborts the transfer (D20). One that says that the attempt failed is handed back.
/// Owns no connection.
/// </summary>
internal sealed class WholeRelay(Attempt attempt, UpstreamBody body, TimeProvider time)
    : IDisposable
{
    private const long LargestHeld = 4 * 1024 * 1024;

    /// <summary>Reading a larger answer takes a noticeable part of a millisecond.</summary>
    private const long LargestReadInPlace = 128 * 1024;

    /// <summary>Sooner nobody vanishes unnoticed: keep-alive and interim responses take longer to show it.</summary>
    private const double SoonestVanishedMs = 5_000;

    private readonly HttpResponse _response = attempt.Exchange.Http.Response;
    private readonly string _contentType =
        attempt.Response.Content.Headers.NonValidated.TryGetValues("content-type", out var value) ? value.ToString() : "";

    private bool _isHandedBack;

    /// <summary>Bytes held so far.</summary>
    public PooledBytes Held { get; } = new(attempt.Response.Content.Headers.ContentLength ?? 0);

    /// <summary>Whether something was changed before it came here.</summary>
    public bool IsRepaired { get; init; }

    private Exchange Exchange => attempt.Exchange;

    private ClientRequest Request => attempt.Request;

    private bool IsSuccess => (int)attempt.Response.StatusCode is >= 200 and < 300;

    private bool Generates => Request.Path.Operation == WireOperation.Generate;

    /// <summary>Files, audio, lists of results: nothing in them can be told whole from half, and they may be long.</summary>
    private bool Flows => !Generates && IsSuccess && Held.Length > 0 && !ContentTypeStarts("application/json");

    /// <summary>Whether the bytes held begin like server-sent events: some upstreams stream under another content type.</summary>
    public bool LooksLikeEvents => SseStart.IsIn(Held.Bytes.FirstSpan) == true;

    /// <summary>Whether bytes may follow the head; if not, those that come nevertheless mean nothing.</summary>
    private bool MayHaveBody => !HttpMethods.IsHead(Request.Http.Method)
        && (int)attempt.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent
            or StatusCodes.Status304NotModified);

    /// <summary>Reads the first bytes, as many as it takes to tell what they begin; null, or why there are none.</summary>
    public async ValueTask<AttemptResult?> BeginAsync()
    {
        if (!MayHaveBody)
        {
            return null;
        }

        BodyRead read;
        do
        {
            read = await body.ReadAsync(Held.GetMemory());
            Held.Advance(read.Bytes);
        }
        while (read.Bytes > 0 && Request.WantsStream && SseStart.IsIn(Held.Bytes.FirstSpan) is null);

        return Failure(read);
    }

    /// <summary>Relays to the end.</summary>
    public async ValueTask<AttemptResult> RunAsync()
    {
        while (Held.Length > 0 && Held.Length <= LargestHeld && !Flows)
        {
            var read = await body.ReadAsync(Held.GetMemory());
            if (Failure(read) is { } failed)
            {
                return failed;
            }

            if (read.Bytes == 0)
            {
                break;
            }

            Held.Advance(read.Bytes);
        }

        return Flows || Held.Length > LargestHeld ? await FlowAsync() : await AnswerAsync();
    }

    /// <summary>Gives the bytes back, unless they were handed back with the failure they tell of.</summary>
    public void Dispose()
    {
        if (!_isHandedBack)
        {
            Held.Dispose();
        }
    }

    private async ValueTask<AttemptResult> AnswerAsync()
    {
        if (HtmlPage.IsIn(_contentType, Held.Bytes.FirstSpan) && (Generates || !IsSuccess))
        {
            return HandBack(ErrorCodes.UpstreamHtml);
        }

        if ((int)attempt.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            return HandBack(ErrorCodes.UpstreamError);
        }

        if (IsSuccess && Generates && MayHaveBody && IsPlainJson())
        {
            if (Held.Length > LargestReadInPlace)
            {
                // Not on a thread that other sockets wait for.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            var peek = AnswerPeek.Read(Request.Path.Protocol, Held.Bytes);
            if (peek.IsCut)
            {
                Exchange.Record.ClosedFirst ??= Side.Upstream;
                return new AttemptResult.Failed(
                    Exchange.PhaseBeforeCommit, ErrorCodes.AnswerTruncated, "The JSON of the answer is cut.");
            }

            if (Fails(peek) is { } failed)
            {
                return failed;
            }

            Exchange.NoteAnswer(peek.Model, peek.Usage);
            if (Request.Path.Protocol == WireProtocol.Anthropic)
            {
                Exchange.NoteEmptySignatures(EmptySignature.CountIn(Held.Bytes));
            }
        }

        if (Exchange.Stream is { IsOpen: true })
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        CopyHead();
        if (Held.Length > 0)
        {
            _response.ContentLength = Held.Length;
        }

        // Once it is written its client may leave with all of it. One that may be lost is written to nevertheless.
        var isLost = IsClientLost();
        isLost |= !await WriteHeldAsync();
        if (isLost)
        {
            KeepForWhoeverComesBack();
        }

        Exchange.Complete();
        return AttemptResult.Answered.Value;
    }

    private bool IsClientLost() => attempt.Vigil.IsClientGone || Exchange.Turn is { HasReader: true }
        || (Exchange.ElapsedMs >= SoonestVanishedMs && Exchange.IsLost);

    /// <summary>Its client is lost: the answer is whole nevertheless.</summary>
    private void KeepForWhoeverComesBack()
    {
        if (Exchange.TurnWithoutClient is { } turn && turn.LoseClient(attempt.Vigil.Wake))
        {
            turn.IsRepaired = IsRepaired;
            turn.Begin(TurnHeads.Of(_response, isStream: false));
            foreach (var part in Held.Bytes)
            {
                turn.Append(part.Span);
            }
        }
    }

    /// <summary>Whether an answer that claims to be well reports a failure that somebody else may make good; null where it
    /// does not.</summary>
    private AttemptResult.Failed? Fails(in AnswerPeek peek)
    {
        if (!attempt.HasAlternative || (!peek.IsError && peek.OddStop is null))
        {
            return null;
        }

        var failure = peek.IsError
            ? new UpstreamAnswer(attempt.Response, Held, _contentType).ToFailure(time.GetUtcNow()) with { Status = null }
            : new Failure { Message = $"Provider finish_reason: {peek.OddStop}" };
        return attempt.Plan.WouldMoveOn(attempt.Plan.Judge(failure))
            ? HandBack(ErrorCodes.UpstreamError) with { Said = failure }
            : null;
    }

    private AttemptResult.Failed HandBack(ErrorCode code)
    {
        _isHandedBack = true;
        var answer = new UpstreamAnswer(attempt.Response, Held, _contentType) { IsRepaired = IsRepaired };
        var said = answer.ToFailure(time.GetUtcNow());
        return new(Exchange.PhaseBeforeCommit, code, answer.Summary)
        {
            Said = IsSuccess && code == ErrorCodes.UpstreamHtml ? said with { Code = code.Name } : said,
            Answer = answer,
        };
    }

    private async Task<AttemptResult> FlowAsync()
    {
        if (Exchange.Stream is { IsOpen: true })
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        // Too long to be kept, and no stream of events: it ends with its client.
        Exchange.EndWithClient();
        CopyHead();
        attempt.Vigil.ClientSilence.Stop();
        body.SilenceCode = ErrorCodes.StreamStalled;
        attempt.Vigil.UpstreamSilence.Start(attempt.Timeouts.StallAfter);
        Exchange.Phase = Phase.Committed;
        await WriteHeldAsync();
        Held.Dispose();

        while (true)
        {
            attempt.Vigil.UpstreamSilence.Restart();
            var room = _response.BodyWriter.GetMemory();
            var read = await body.ReadAsync(room);
            if (read is { Lost: null, ClientGone: false, Bytes: 0 })
            {
                NoteFlowEnd();
                return AttemptResult.Answered.Value;
            }

            if (read.Bytes == 0)
            {
                return Cut(read);
            }

            Exchange.Capture?.KeepAnswer(room.Span[..read.Bytes]);
            _response.BodyWriter.Advance(read.Bytes);
            Exchange.Record.ResponseBytes += read.Bytes;
            await _response.BodyWriter.FlushAsync();
        }
    }

    /// <summary>Too much has flowed to take it back: the cut is passed on as a cut, so that nobody takes it for whole.</summary>
    private AttemptResult.Answered Cut(BodyRead read)
    {
        if (read.ClientGone)
        {
            Exchange.NoteClientGone();
        }
        else
        {
            Exchange.NoteFailure(read.Lost!, read.Detail);
            Exchange.Http.Abort();
        }

        return AttemptResult.Answered.Value;
    }

    private AttemptResult? Failure(BodyRead read)
    {
        if (read.ClientGone)
        {
            Exchange.NoteClientGone();
            return AttemptResult.Answered.Value;
        }

        if (read.Lost is not { } lost)
        {
            return null;
        }

        var code = lost.Class == ErrorClass.Stream ? ErrorCodes.AnswerTruncated : lost;
        return new AttemptResult.Failed(
            Exchange.PhaseBeforeCommit, code, read.Detail) { Cause = lost };
    }

    private void CopyHead()
    {
        _response.StatusCode = (int)attempt.Response.StatusCode;
        AnswerHeaders.CopyTo(attempt.Response, _response.Headers, keepsBody: (int)attempt.Response.StatusCode
            is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent));
        Exchange.StampAnswer(Exchange.FidelityOf(IsRepaired));
        Exchange.CaptureHead(framing: null);
        Exchange.Phase = Phase.Committed;
    }

    /// <summary>False where its connection took no more.</summary>
    private async ValueTask<bool> WriteHeldAsync()
    {
        if (Held.Length == 0)
        {
            // Not even an empty write: some statuses take none.
            return true;
        }

        var isTaken = true;
        Exchange.Record.ResponseBytes += Exchange.IsGone ? 0 : Held.Length;
        foreach (var part in Held.Bytes)
        {
            Exchange.Capture?.KeepAnswer(part.Span);
            isTaken &= !(await _response.BodyWriter.WriteAsync(part)).IsCompleted;
        }

        return isTaken;
    }

    /// <summary>An error so long that it could not be held is passed on as it comes.</summary>
    private void NoteFlowEnd()
    {
        if (IsSuccess)
        {
            Exchange.Complete();
        }
        else
        {
            Exchange.NoteUpstreamError($"status_{(int)attempt.Response.StatusCode}");
        }
    }

    private bool IsPlainJson() => ContentTypeStarts("application/json") && !attempt.Response.Content.Headers.NonValidated.Contains("content-encoding");

    private bool ContentTypeStarts(string type) => _contentType.StartsWith(type, StringComparison.OrdinalIgnoreCase);
}
