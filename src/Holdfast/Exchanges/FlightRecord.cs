using Holdfast.Accounts.Pricing;
using Holdfast.Failover;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Usage;

namespace Holdfast.Exchanges;

/// <summary>
/// What happened in one exchange, as everybody who works on it tells it; the only one that knows the columns of its record.
/// Facts of an attempt stand in the attempt, so that the next one begins with none. Used by the exchange's loop; the record may
/// be read from any thread.
/// </summary>
/// <param name="record">The record, with what is known from the head of the request.</param>
/// <param name="prices">What tokens cost.</param>
/// <param name="time">The clock.</param>
internal sealed class FlightRecord(ExchangeRecord record, PriceBook prices, TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private long _upstreamHeardAt = time.GetTimestamp();
    private AttemptRecord _attempt = new();
    private TokenUsage? _usage;
    private long? _estimate;
    private List<AttemptRecord>? _failed;

    /// <summary>The record; the facts of the present attempt stand in it when the exchange has ended.</summary>
    public ExchangeRecord Record => record;

    /// <summary>Whether the answer is whole, whoever got it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Milliseconds since the exchange began, to the microsecond: more digits say nothing, and cost time to write.</summary>
    public double ElapsedMs => MillisecondsAt(time.GetTimestamp());

    /// <summary>Tokens of the prompt that the provider keeps now, as far as the present attempt tells.</summary>
    public long CachedTokens => _usage is { } tokens ? tokens.CacheRead + tokens.CacheWrite : 0;

    /// <summary>Time since the upstream said something, or since the start while it has not.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _upstreamHeardAt));

    /// <summary>What happened so far in one short line, for the errors a client is told: nothing in it that the client did
    /// not send or get.</summary>
    public string Line => FlightLine.Of(record, _attempt, ElapsedMs);

    /// <summary>The request has been read.</summary>
    public void Asked(ClientRequest request)
    {
        record.Product = request.Path.Product;
        record.ModelAsked = request.Model;
        record.IsStream = request.WantsStream;
        record.RequestBytes = request.Body.Length;
    }

    /// <summary>It takes this route; null where the protocol alone decided.</summary>
    public void Routed(string? route) => record.Route = route;

    /// <summary>The same turn was sent before.</summary>
    /// <param name="exchangeId">The exchange that it repeats, or goes on with; null for none.</param>
    /// <param name="server">Who serves it, where the answer made for that exchange serves this one too.</param>
    public void Repeats(string? exchangeId, (string? Upstream, string? Model)? server = null)
    {
        record.RetryOf = exchangeId;
        if (server is { } one)
        {
            record.Reattached = true;
            (record.Upstream, record.ModelSent) = one;
        }
    }

    /// <summary>Another attempt begins.</summary>
    public void AttemptBegan(Choice choice)
    {
        record.Upstream = choice.Upstream.Name;
        record.Credential = choice.Credential.IsClients ? null : choice.Credential.Name;
        record.ModelSent = choice.Candidate.Model;
        var now = ElapsedMs;
        if (record.Attempts++ == 0)
        {
            record.DispatchedMs = now;
        }
        else
        {
            (_attempt, _usage, _estimate) = (new(), null, null);
        }

        _attempt.Attempt = record.Attempts;
        _attempt.Upstream = choice.Upstream.Name;
        _attempt.Credential = choice.Credential.Name;
        _attempt.Model = choice.Candidate.Model ?? record.ModelAsked;
        _attempt.StartedMs = now;
    }

    /// <summary>What the sockets did for the present attempt.</summary>
    /// <param name="trace">So much.</param>
    /// <param name="isRepeated">Whether the request is sent once more, because a reused connection had died unused.</param>
    public void Connected(ConnectionTrace trace, bool isRepeated = false)
    {
        _attempt.ConnectionReused = trace.Reused;
        _attempt.DnsMs = trace.Dns?.TotalMilliseconds;
        _attempt.ConnectMs = trace.Connect?.TotalMilliseconds;
        _attempt.TlsMs = trace.Tls?.TotalMilliseconds;
        _attempt.TlsVersion = trace.TlsVersion;
        record.StaleRepeat |= isRepeated;
    }

    /// <summary>The head of the upstream's answer is there.</summary>
    public void HeadCame(int status, string? requestId)
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref _upstreamHeardAt, now);
        _attempt.HeadersMs = MillisecondsAt(now);
        _attempt.Status = status;
        _attempt.UpstreamRequestId = requestId;
    }

    /// <summary>Bytes of the upstream's answer came.</summary>
    /// <param name="silence">How long it had been silent.</param>
    public void Heard(TimeSpan silence)
    {
        if (_attempt.FirstEventMs is not null && silence.TotalMilliseconds is var gap && gap > (_attempt.LongestGapMs ?? 0))
        {
            _attempt.LongestGapMs = gap;
        }

        Volatile.Write(ref _upstreamHeardAt, time.GetTimestamp());
    }

    /// <summary>An event of the answer was looked at.</summary>
    /// <param name="follower">What is known of what the upstream has said.</param>
    public void EventPassed(StreamFollower follower)
    {
        _attempt.Events++;
        _attempt.TerminalSeen = follower.IsTerminal;
        if (record.Attempts > 0 && (_attempt.FirstEventMs is null || (follower.HasOutput && _attempt.FirstOutputMs is null)))
        {
            var now = ElapsedMs;
            _attempt.FirstEventMs ??= now;
            _attempt.FirstOutputMs ??= follower.HasOutput ? now : null;
        }
    }

    /// <summary>What the answer states of itself.</summary>
    /// <param name="model">The model it names; null for none.</param>
    /// <param name="usage">The tokens it states; null for none. Those of an answer that was made for another exchange stand
    /// there.</param>
    /// <param name="emptySignatures">Signatures of thinking that came empty.</param>
    /// <param name="brokeOffAfter">About how many tokens of output had come when it ended before its time; null where it came to
    /// its end.</param>
    public void AnswerSaid(string? model, TokenUsage? usage, int emptySignatures = 0, long? brokeOffAfter = null)
    {
        _attempt.ModelServed = model ?? _attempt.ModelServed;
        record.EmptySignatures = emptySignatures > 0 ? emptySignatures : record.EmptySignatures;
        if (record.Reattached)
        {
            return;
        }

        _usage = usage ?? _usage;
        _estimate = brokeOffAfter is { } output && (output > 0 || _usage is not null) ? output : null;
        _attempt.UsageState = _estimate is not null ? UsageState.Estimated : _usage is not null ? UsageState.Reported : null;
    }

    /// <summary>Somebody closed; who did so first is kept.</summary>
    public void ClosedBy(Side side) => _attempt.ClosedFirst ??= side;

    /// <summary>The present attempt failed, and was judged.</summary>
    /// <returns>What is recorded of it.</returns>
    public AttemptRecord AttemptFailed(Phase phase, ErrorCode code, string? detail, FailedAttempt judged, Step step)
    {
        var attempt = _attempt;
        attempt.Phase = phase;
        attempt.Status = judged.Failure.Status ?? attempt.Status;
        attempt.Error = code.Name;
        attempt.RawError = detail;
        attempt.Reason = judged.Verdict.Reason.Word();
        attempt.Kind = judged.Verdict.Kind;
        attempt.Rule = judged.Verdict.Rule;
        attempt.Action = step.Word;
        attempt.EndedMs = ElapsedMs;
        if (step.Delay > TimeSpan.Zero)
        {
            attempt.DelayMs = step.Delay.TotalMilliseconds;
            record.WaitedMs = (record.WaitedMs ?? 0) + step.Delay.TotalMilliseconds;
        }

        if (step.Kind is StepKind.FallBack or StepKind.Rotate)
        {
            record.FallbackReason ??= attempt.Reason;
        }

        NoteUsage(attempt);
        record.FailedAttempts = _failed ??= [];
        _failed.Add(attempt);
        return attempt;
    }

    /// <summary>The conversation moved to another candidate.</summary>
    /// <param name="from">Who had answered it before.</param>
    /// <param name="cacheTokens">Tokens that candidate is expected to have cached.</param>
    public void Moved(string from, long cacheTokens) => (record.MovedFrom, record.CacheTokensLost) = (from, cacheTokens);

    /// <summary>The client gets a head.</summary>
    /// <param name="fidelity">What was done to the answer; null where that is not known, or there is none.</param>
    /// <param name="isEvents">Whether it is the head of server-sent events; null where it is known already.</param>
    /// <param name="isEarly">Whether the stream was opened before the upstream answered.</param>
    public void Opened(Fidelity? fidelity, bool? isEvents = null, bool isEarly = false)
    {
        record.Fidelity = fidelity;
        record.IsSse = isEvents ?? record.IsSse;
        record.OpenedEarly |= isEarly;
    }

    /// <summary>Bytes of the answer's body were written to the client.</summary>
    public void Sent(long bytes, bool isKeepalive = false)
    {
        record.ResponseBytes += bytes;
        record.Keepalives += isKeepalive && bytes > 0 ? 1 : 0;
    }

    /// <summary>The answer is whole.</summary>
    /// <param name="isClientLost">Whether its client is lost, so that it waits for whoever comes back.</param>
    public void Completed(bool isClientLost)
    {
        IsAnswered = true;
        record.End = ExchangeEnd.Completed;
        if (isClientLost)
        {
            ClientLeft();
            _attempt.UsageState = _attempt.UsageState is null ? null : UsageState.Drained;
        }
    }

    /// <summary>The client left before its answer was whole: that is nobody's failure.</summary>
    public void ClientLeft()
    {
        record.End = ExchangeEnd.ClientAborted;
        record.EndSide = Side.Client;
        record.Error = record.ErrorCode = ExchangeEnd.ClientAborted.Word();
        ClosedBy(Side.Client);
    }

    /// <summary>The upstream answered with an error of its own, which the client got.</summary>
    /// <param name="type">The error's type, where it names one.</param>
    public void UpstreamErred(string? type)
    {
        record.End = ExchangeEnd.UpstreamError;
        record.EndSide = Side.Upstream;
        record.Error = type ?? "error";
        record.ErrorCode = $"upstream:{type ?? "error"}";
    }

    /// <summary>The client is told of a failure.</summary>
    /// <param name="code">What it is told.</param>
    /// <param name="detail">The runtime's own words.</param>
    /// <param name="cause">What the sockets did, where the code says only what came of it.</param>
    public void Failed(ErrorCode code, string? detail = null, ErrorCode? cause = null)
    {
        var isRefusal = code.Class is ErrorClass.Request or ErrorClass.Limit || code == ErrorCodes.Draining;
        record.End = isRefusal ? ExchangeEnd.Refused : ExchangeEnd.Failed;
        record.EndSide = code.Class switch
        {
            _ when code == ErrorCodes.AllCandidatesSpared => Side.Upstream,
            ErrorClass.Request or ErrorClass.Limit => Side.Client,
            ErrorClass.Gateway => Side.Gateway,
            _ => Side.Upstream,
        };
        record.Error = (cause ?? code).Text;
        record.ErrorCode = code.Name;
        record.ErrorDetail = detail;
        if (code.Class is ErrorClass.Timeout or ErrorClass.Gateway)
        {
            ClosedBy(Side.Gateway);
        }
    }

    /// <summary>The exchange is over: the facts of its last attempt become its own.</summary>
    /// <param name="status">The status its client got; 0 where it got none.</param>
    /// <param name="fate">What became of an answer whose client was lost; null where it reached its client.</param>
    public ExchangeRecord Seal(int status, TurnFate? fate)
    {
        record.TotalMs = ElapsedMs;
        record.Status = status;
        record.Turn = fate;
        record.Classification = IsAnswered || _failed is null ? null : _failed[^1].Reason;
        var last = _attempt;
        NoteUsage(last);
        (record.UpstreamStatus, record.UpstreamRequestId, record.ModelServed) =
            (last.Status, last.UpstreamRequestId, last.ModelServed);
        (record.ClosedFirst, record.TerminalSeen, record.Events) = (last.ClosedFirst, last.TerminalSeen, last.Events);
        (record.HeadersMs, record.FirstEventMs, record.FirstOutputMs, record.LongestGapMs) =
            (last.HeadersMs, last.FirstEventMs, last.FirstOutputMs, last.LongestGapMs);
        (record.ConnectionReused, record.DnsMs, record.ConnectMs, record.TlsMs, record.TlsVersion) =
            (last.ConnectionReused, last.DnsMs, last.ConnectMs, last.TlsMs, last.TlsVersion);
        (record.UsageState, record.InputTokens, record.OutputTokens) = (last.UsageState, last.InputTokens, last.OutputTokens);
        (record.CacheReadTokens, record.CacheWriteTokens, record.CacheWrite1hTokens) =
            (last.CacheReadTokens, last.CacheWriteTokens, last.CacheWrite1hTokens);
        (record.ReasoningTokens, record.ServerToolRequests, record.ServiceTier) =
            (last.ReasoningTokens, last.ServerToolRequests, last.ServiceTier);
        (record.CostUsd, record.CostState) = (last.CostUsd, last.CostState);
        return record;
    }

    private void NoteUsage(AttemptRecord attempt)
    {
        if (attempt.UsageState is null || attempt.CostState is not null)
        {
            return;
        }

        if (_usage is { } stated)
        {
            attempt.InputTokens = stated.Input;
            attempt.CacheReadTokens = stated.CacheRead;
            attempt.CacheWriteTokens = stated.CacheWrite;
            attempt.CacheWrite1hTokens = stated.CacheWrite1h;
            attempt.ReasoningTokens = stated.Reasoning;
            attempt.ServerToolRequests = stated.ServerToolRequests;
            attempt.ServiceTier = stated.ServiceTier;
        }

        // What had come is at least what was generated, whatever had been stated by then.
        var tokens = (_usage ?? default) with { Output = Math.Max(_usage?.Output ?? 0, _estimate ?? 0) };
        attempt.OutputTokens = tokens.Output;
        var model = attempt.ModelServed is { Length: > 0 } served ? served : record.ModelSent ?? record.ModelAsked;
        attempt.CostUsd = prices.CostOf(model, record.StartedAt, tokens);
        attempt.CostState = attempt.CostUsd is null ? CostState.UnknownModel
            : attempt.UsageState == UsageState.Estimated ? CostState.Estimated : CostState.Priced;
    }

    private double MillisecondsAt(long timestamp) => time.GetElapsedTime(_startedAt, timestamp).Ticks / 10 / 1000.0;
}
