using Holdfast.Answers;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Wire;
using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Sse;

namespace Holdfast.Attempts;

/// <summary>
/// Relays an answer that is not a stream of events. Up to 4 MiB it is held until it is whole, so that a cut is still a 502;
/// beyond that it flows. One that tells of a failure is handed back. Owns no connection.
/// </summary>
/// <remarks>
/// <code>
/// 1 begin       the first bytes: they tell what it is
/// 2 hold        to its end, or to 4 MiB: then it flows (FlowRelay)
/// 3 judge       a page, an error, a cut document, a failure inside a 200: back to who decides
/// 4 answer      head and bytes, in one piece
/// </code>
/// </remarks>
internal sealed class WholeRelay(Attempt attempt, AnswerSource source, TimeProvider time) : IDisposable
{
    private const long LargestHeld = 4 * 1024 * 1024;

    private readonly string _contentType =
        attempt.Response.Content.Headers.NonValidated.TryGetValues("content-type", out var value) ? value.ToString() : "";

    private bool _isHandedBack;

    /// <summary>Bytes held so far.</summary>
    public PooledBytes Held { get; } = new(attempt.Response.Content.Headers.ContentLength ?? 0);

    /// <summary>Whether something was changed before it came here.</summary>
    public bool IsRepaired { get; init; }

    /// <summary>Whether the bytes held begin like server-sent events: some upstreams stream under another content type.</summary>
    public bool LooksLikeEvents => SseStart.IsIn(Held.Bytes.FirstSpan) == true;

    private ClientAnswer Answer => attempt.Answer;

    private FlightRecord Flight => attempt.Exchange.Flight;

    private ClientRequest Request => attempt.Request;

    private int Status => (int)attempt.Response.StatusCode;

    private bool IsSuccess => attempt.Response.IsSuccessStatusCode;

    private bool Generates => Request.Path.Operation == WireOperation.Generate;

    /// <summary>Files, audio, lists of results: nothing in them can be told whole from half, and they may be long.</summary>
    private bool Flows => !Generates && IsSuccess && Held.Length > 0 && !ContentTypeStarts("application/json");

    /// <summary>Whether bytes may follow the head; if not, those that come nevertheless mean nothing.</summary>
    private bool MayHaveBody => !HttpMethods.IsHead(Request.Http.Method) && Status is not (
        StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);

    private AnswerHead Head => AnswerHead.Of(
        attempt.Response, keepsBody: Status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent));

    private Fidelity Fidelity => IsRepaired ? Fidelity.Repaired : attempt.Passage.Fidelity(attempt.ReplacesModel);

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
            read = await source.ReadAsync(Held.GetMemory());
            Held.Advance(read.Bytes);
        }
        while (read.Bytes > 0 && Request.WantsStream && SseStart.IsIn(Held.Bytes.FirstSpan) is null);

        return Failure(read);
    }

    /// <summary>Relays to the end.</summary>
    public async ValueTask<AttemptResult> RunAsync()
    {
        // 2
        while (Held.Length > 0 && Held.Length <= LargestHeld && !Flows)
        {
            var read = await source.ReadAsync(Held.GetMemory());
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
        if (Held.Length > AnswerSource.LargestReadInPlace || !IsSuccess)
        {
            // Not on a thread that other sockets wait for.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        // 3
        if (HtmlPage.IsIn(_contentType, Held.Bytes.FirstSpan) && (Generates || !IsSuccess))
        {
            return HandBack(ErrorCodes.UpstreamHtml);
        }

        if (Status >= StatusCodes.Status400BadRequest)
        {
            return HandBack(ErrorCodes.UpstreamError);
        }

        if (IsSuccess && Generates && MayHaveBody && IsPlainJson() && Judge() is { } failed)
        {
            return failed;
        }

        if (Answer.IsOpen)
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        // 4
        var body = IsSuccess ? attempt.Passage.Whole(Request.Path, Held.Bytes) : Held.Bytes;
        await Answer.WriteWholeAsync(Head, body, Fidelity, mayBeFetched: true);
        Answer.Complete();
        return AttemptResult.Answered.Value;
    }

    /// <summary>Reads what a document states. Null, or why it is no answer: it is cut, or reports a failure that somebody else
    /// may make good.</summary>
    private AttemptResult.Failed? Judge()
    {
        var protocol = attempt.Passage.Speaks(Request.Path);
        var peek = AnswerPeek.Read(protocol, Held.Bytes);
        if (peek.IsCut)
        {
            Flight.ClosedBy(Side.Upstream);
            return new(Answer.PhaseBeforeCommit, ErrorCodes.AnswerTruncated, "The JSON of the answer is cut.");
        }

        Flight.AnswerSaid(
            peek.Model, peek.Usage, protocol == WireProtocols.Anthropic ? EmptySignature.CountIn(Held.Bytes) : 0);

        if (!attempt.HasAlternative || (!peek.IsError && peek.OddStop is null))
        {
            return null;
        }

        var failed = HandBack(ErrorCodes.UpstreamError);
        return failed with
        {
            Said = peek.IsError
                ? failed.Said! with { Status = null }
                : new Failure { Message = $"Provider finish_reason: {peek.OddStop}" },
        };
    }

    private AttemptResult.Failed HandBack(ErrorCode code)
    {
        _isHandedBack = true;
        var held = new HeldDocument(attempt.Response, Held, _contentType)
        {
            Head = Head,
            Fidelity = Fidelity,
        };
        var said = held.ToFailure(time.GetUtcNow());
        return new(Answer.PhaseBeforeCommit, code, held.Summary)
        {
            Said = IsSuccess && code == ErrorCodes.UpstreamHtml ? said with { Code = code.Name } : said,
            Held = held,
        };
    }

    private async ValueTask<AttemptResult> FlowAsync()
    {
        if (Answer.IsOpen)
        {
            return new AttemptResult.Failed(Phase.Opened, ErrorCodes.JsonForStream);
        }

        // Too long to be kept, and no stream of events: it ends with its client.
        attempt.Exchange.Turn.EndWithClient();
        attempt.Vigil.ClientSilence.Stop();
        source.SilenceCode = ErrorCodes.StreamStalled;
        attempt.Vigil.UpstreamSilence.Start(attempt.Timeouts.StallAfter);
        Answer.Begin(Head, Fidelity);
        return await new FlowRelay(source, Answer, attempt.Exchange, attempt.Vigil)
        {
            // An error so long that it could not be held is passed on as it comes.
            ErrorStatus = IsSuccess ? null : Status,
        }.RunAsync(Held);
    }

    private AttemptResult? Failure(BodyRead read)
    {
        if (read.ClientGone)
        {
            Flight.ClientLeft();
            return AttemptResult.Answered.Value;
        }

        if (read.Lost is not { } lost)
        {
            return null;
        }

        var code = lost.Class == ErrorClass.Stream ? ErrorCodes.AnswerTruncated : lost;
        return new AttemptResult.Failed(Answer.PhaseBeforeCommit, code, read.Detail) { Cause = lost };
    }

    private bool IsPlainJson() => ContentTypeStarts("application/json")
        && !attempt.Response.Content.Headers.NonValidated.Contains("content-encoding");

    private bool ContentTypeStarts(string type) => _contentType.StartsWith(type, StringComparison.OrdinalIgnoreCase);
}
