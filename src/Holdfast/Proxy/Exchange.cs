using System.Buffers;
using System.Globalization;
using Holdfast.Configuration;
using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.Journal;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Recordings;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Usage;

namespace Holdfast.Proxy;

/// <summary>
/// One client request and our one answer: owns the flight record and every answer of our own. Disposing it hands in the
/// record, whatever happened in between. Used by one loop; its live facts may be read from any thread.
/// </summary>
internal sealed class Exchange : IAsyncDisposable, ILiveExchange, ITurnClient
{
    /// <summary>A session that asks the same again has noticed itself that something is wrong.</summary>
    private const int FewUnanswered = 3;

    /// <summary>Who says no session may ask the same again on purpose, and a network may be gone for seconds.</summary>
    private const int ManyUnanswered = 6;

    private readonly ExchangeTools _tools;
    private readonly OpenExchanges.Listing _listing;
    private readonly long _startedAt;
    private CancellationToken _clientGone;
    private long _upstreamHeardAt;
    private Phase _phase;
    private bool _isUsOnly;
    private TurnJournal? _journal;
    private TurnTerms? _turnTerms;
    private ITurnSource? _turnSource;

    public Exchange(HttpContext http, WireProtocol? protocol, ClientHeaders client, ExchangeTools tools)
    {
        Http = http;
        _tools = tools;
        _startedAt = _upstreamHeardAt = tools.Time.GetTimestamp();
        Protocol = protocol ?? WireProtocol.OpenAIChat;
        StartedAt = tools.Time.GetUtcNow();
        ExchangeId = ExchangeIds.Next(StartedAt);
        Record = new ExchangeRecord
        {
            ExchangeId = ExchangeId,
            StartedAt = StartedAt,
            Protocol = protocol?.Name,
            Method = http.Request.Method,
            Path = http.Request.Path.Value ?? "",
            Query = http.Request.QueryString.HasValue ? http.Request.QueryString.Value : null,
            ClientName = client.Name,
            ClientVersion = client.Version,
            Session = client.Session,
            Directory = client.Directory,
            ClientRetryCount = client.RetryCount,
            IdempotencyKey = client.IdempotencyKey,
        };
        _listing = tools.Open.Add(this);
        tools.Reporter.Started();
    }

    public HttpContext Http { get; }

    /// <summary>Whose shape our own errors take.</summary>
    public WireProtocol Protocol { get; }

    public ExchangeRecord Record { get; }

    /// <summary>The client's side of a stream, once there is one.</summary>
    public StreamAnswer? Stream { get; set; }

    /// <summary>What is kept of its bodies to be recorded; null where nothing is.</summary>
    public Capture? Capture { get; private set; }

    /// <summary>The turn whose answer is kept; null where none is, or not before its client is lost.</summary>
    public Turn? Turn { get; private set; }

    /// <summary>The same, for a client that is lost: null only where its answer ends with it.</summary>
    public Turn? TurnWithoutClient =>
        Turn ??= _journal is null ? null : new Turn(_journal, _turnTerms!, ExchangeId, this, _turnSource!)
        {
            Server = (Record.Upstream, Record.ModelSent),
        };

    /// <summary>Whether its client has left, and nobody may come back for the answer.</summary>
    public bool HasLeft => IsGone && TurnWithoutClient?.IsWanted != true;

    /// <inheritdoc/>
    public bool IsGone => (_clientGone.CanBeCanceled ? _clientGone : Http.RequestAborted).IsCancellationRequested;

    /// <inheritdoc/>
    public bool IsLost => IsGone || ConnectionState.Of(Http)?.IsLost(Record.Session is null ? ManyUnanswered : FewUnanswered) == true;

    /// <inheritdoc/>
    public bool HasHead => _phase is Phase.Opened or Phase.Committed;

    /// <summary>Whether its answer is whole, whoever got it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Where the present attempt stands.</summary>
    public Phase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>How long its attempts may be silent; null before there is a route.</summary>
    public RouteTimeouts? Timeouts { get; private set; }

    /// <summary>The attempt that failed last, with the answer it may have got; null as long as none has.</summary>
    public AttemptResult.Failed? LastFailure { get; set; }

    /// <summary>Where an attempt stands whose answer has begun and says nothing yet.</summary>
    public Phase PhaseBeforeCommit => Stream is { IsOpen: true } ? Phase.Opened : Phase.Held;

    public string ExchangeId { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>The time.</summary>
    public DateTimeOffset Now => _tools.Time.GetUtcNow();

    /// <summary>Milliseconds since the exchange began, to the microsecond: more digits say nothing, and cost time to write.</summary>
    public double ElapsedMs => MillisecondsAt(_tools.Time.GetTimestamp());

    string? ILiveExchange.Protocol => Record.Protocol;

    string? ILiveExchange.Upstream => Record.Upstream;

    string? ILiveExchange.Model => Record.ModelAsked;

    bool ILiveExchange.IsStream => Record.IsStream;

    string ILiveExchange.Phase => _phase.Word();

    long ILiveExchange.BytesSent => Record.ResponseBytes;

    TimeSpan ILiveExchange.Silence => _tools.Time.GetElapsedTime(Volatile.Read(ref _upstreamHeardAt));

    /// <summary>The upstream said something.</summary>
    public void UpstreamHeard() => Volatile.Write(ref _upstreamHeardAt, _tools.Time.GetTimestamp());

    /// <summary>The head of the upstream's answer is there.</summary>
    public void NoteHead(int status, string? requestId)
    {
        var now = _tools.Time.GetTimestamp();
        Volatile.Write(ref _upstreamHeardAt, now);
        Record.HeadersMs = MillisecondsAt(now);
        Record.UpstreamStatus = status;
        Record.UpstreamRequestId = requestId;
    }

    /// <summary>Another attempt begins: what the record says of the upstream is about this one.</summary>
    public void BeginAttempt(Choice choice)
    {
        var record = Record;
        record.Upstream = choice.Upstream.Name;
        record.Credential = choice.Credential.IsClients ? null : choice.Credential.Name;
        record.ModelSent = choice.Candidate.Model;
        Turn?.Server = (choice.Upstream.Name, choice.Candidate.Model);
        if (record.Attempts++ == 0)
        {
            record.DispatchedMs = ElapsedMs;
            return;
        }

        (record.UpstreamStatus, record.UpstreamRequestId, record.ClosedFirst, record.ModelServed) = (null, null, null, null);
        (record.HeadersMs, record.FirstEventMs, record.FirstOutputMs, record.LongestGapMs) = (null, null, null, null);
        (record.Events, record.TerminalSeen) = (0, false);
        (record.UsageState, record.InputTokens, record.OutputTokens) = (null, null, null);
        (record.CacheReadTokens, record.CacheWriteTokens, record.CacheWrite1hTokens) = (null, null, null);
        (record.ReasoningTokens, record.ServerToolRequests, record.ServiceTier) = (null, null, null);
        _isUsOnly = false;
    }

    /// <summary>The present attempt has come so far; a stream that is open stays open.</summary>
    public void AdvanceTo(Phase phase) => _phase = Stream is { IsOpen: true } ? Phase.Opened : phase;

    /// <summary>What was done to the answer on its way.</summary>
    public Fidelity FidelityOf(bool isRepaired) =>
        isRepaired ? Fidelity.Repaired
        : Record.ModelSent is null || Record.ModelSent == Record.ModelAsked ? Fidelity.Exact : Fidelity.ModelRewritten;

    /// <summary>Notes what the request asks for.</summary>
    public void Describe(ClientRequest request)
    {
        Record.Product = request.Path.Product;
        Record.ModelAsked = request.Model;
        Record.IsStream = request.WantsStream;
        Record.RequestBytes = request.Body.Length;
        Capture = _tools.Bodies.Begin(Record, Http.Request.Headers, request.Path.Protocol, request.Body);
    }

    /// <summary>Notes the route it takes.</summary>
    public void Take(Route route)
    {
        Timeouts = route.Timeouts;
        Record.Route = route.Name.Length > 0 ? route.Name : null;
        Capture = Capture is null ? null : _tools.Bodies.Take(Capture, Record, route.Bodies);
    }

    /// <summary>Notes what the answer stated.</summary>
    public void NoteAnswer(string? model, TokenUsage? usage)
    {
        Record.ModelServed = model ?? Record.ModelServed;
        if (usage is { } tokens)
        {
            Record.UsageState = UsageState.Reported;
            Record.InputTokens = tokens.Input;
            Record.OutputTokens = tokens.Output;
            Record.CacheReadTokens = tokens.CacheRead;
            Record.CacheWriteTokens = tokens.CacheWrite;
            Record.CacheWrite1hTokens = tokens.CacheWrite1h;
            Record.ReasoningTokens = tokens.Reasoning;
            Record.ServerToolRequests = tokens.ServerToolRequests;
            Record.ServiceTier = tokens.ServiceTier;
            _isUsOnly = tokens.IsUsOnly;
        }
    }

    /// <summary>The answer ended before its time: of its output only what had come is known.</summary>
    /// <param name="output">About how many tokens that was.</param>
    public void NoteEstimate(long output)
    {
        if (output > 0 || Record.UsageState is not null)
        {
            Record.UsageState = UsageState.Estimated;
            Record.OutputTokens = Math.Max(output, Record.OutputTokens ?? 0);
        }
    }

    /// <summary>Counts signatures of thinking that came empty, and warns of them: the provider refuses them in the next
    /// turn (R48).</summary>
    public void NoteEmptySignatures(int count)
    {
        if (count > 0)
        {
            Record.EmptySignatures = count;
            _tools.Metrics.EmptySignatures(Record.Upstream, count);
            _tools.Logger.EmptySignatures(Record.Upstream, ExchangeId, count);
        }
    }

    /// <summary>Notes what the sockets did for the last attempt.</summary>
    public void NoteConnection(ConnectionTrace trace)
    {
        Record.ConnectionReused = trace.Reused;
        Record.DnsMs = trace.Dns?.TotalMilliseconds;
        Record.ConnectMs = trace.Connect?.TotalMilliseconds;
        Record.TlsMs = trace.Tls?.TotalMilliseconds;
        Record.TlsVersion = trace.TlsVersion;
    }

    /// <summary>An attempt was answered: what the walk learns from it.</summary>
    public void NoteAnswered(RoutePlan plan)
    {
        if (!IsAnswered)
        {
            return;
        }

        if (plan.MovedFrom is { } moved)
        {
            (Record.MovedFrom, Record.CacheTokensLost) = moved;
            _tools.Metrics.ConversationMoved(moved.Candidate, plan.Current.Candidate.Name);
        }

        plan.Succeeded(Record.CacheReadTokens + (Record.CacheWriteTokens ?? Record.InputTokens) ?? 0);
    }

    /// <inheritdoc/>
    public void Abort() => Http.Abort();

    /// <summary>The answer is whole.</summary>
    public void Complete()
    {
        IsAnswered = true;
        Record.End = ExchangeEnd.Completed;
        Turn?.Finish(TurnEnd.Whole);
        if (Turn is { IsClientLost: true })
        {
            NoteClientGone();
            Record.UsageState = Record.UsageState is null ? null : UsageState.Drained;
        }
    }

    /// <summary>Its answer may go on without its client.</summary>
    public void MayGoOn(TurnJournal journal, TurnTerms terms, ITurnSource source)
    {
        (_journal, _turnTerms, _turnSource) = (journal, terms, source);

        // A token outlives its request: who comes back may ask when it has just ended.
        _clientGone = Http.RequestAborted;
    }

    /// <summary>Its answer ends with its client after all.</summary>
    public void EndWithClient()
    {
        // Whoever waits for it asks anew.
        _journal = null;
        Turn?.Finish(TurnEnd.Failed);
    }

    /// <summary>Another exchange's answer serves this one too: nothing is asked upstream.</summary>
    public void Reattach(Turn turn)
    {
        (Record.RetryOf, Record.Reattached) = (turn.ExchangeId, true);
        (Record.Upstream, Record.ModelSent) = turn.Server;
        _tools.Metrics.Reattached(Record.Protocol, Record.Upstream);
        _tools.Logger.Reattached(ExchangeId, turn.ExchangeId);
    }

    /// <summary>The client left before its answer was whole (R21): nobody's failure.</summary>
    public void NoteClientGone()
    {
        Record.End = ExchangeEnd.ClientAborted;
        Record.EndSide = Side.Client;
        Record.Error = "client_aborted";
        Record.ErrorCode = "client_aborted";
        Record.ClosedFirst ??= Side.Client;
    }

    /// <summary>The upstream answered with an error of its own, which the client got.</summary>
    public void NoteUpstreamError(string? type)
    {
        Record.End = ExchangeEnd.UpstreamError;
        Record.EndSide = Side.Upstream;
        Record.Error = type ?? "error";
        Record.ErrorCode = $"upstream:{type ?? "error"}";
    }

    /// <summary>Notes a failure that the client is being told.</summary>
    /// <param name="code">What the client is told.</param>
    /// <param name="detail">The runtime's own words.</param>
    /// <param name="cause">What the sockets did, where the code says only what came of it.</param>
    public void NoteFailure(ErrorCode code, string? detail, ErrorCode? cause = null)
    {
        var isRefusal = code.Class is ErrorClass.Request or ErrorClass.Limit || code == ErrorCodes.Draining;
        Record.End = isRefusal ? ExchangeEnd.Refused : ExchangeEnd.Failed;
        Record.EndSide = code.Class switch
        {
            _ when code == ErrorCodes.AllCandidatesSpared => Side.Upstream,
            ErrorClass.Request or ErrorClass.Limit => Side.Client,
            ErrorClass.Gateway => Side.Gateway,
            _ => Side.Upstream,
        };
        Record.Error = (cause ?? code).Text;
        Record.ErrorCode = code.Name;
        Record.ErrorDetail = detail;
        Record.ClosedFirst ??= code.Class is ErrorClass.Timeout or ErrorClass.Gateway ? Side.Gateway : null;
        if (isRefusal)
        {
            _tools.Metrics.Refused(code.Name);
        }
    }

    /// <summary>Our error with the short flight record.</summary>
    public GatewayError ErrorOf(ErrorCode code, string? message = null) =>
        new(code, message ?? _tools.Texts.MessageFor(code, Timeouts, Record.ClientName), ExchangeId, FlightRecorder.Short(Record, ElapsedMs));

    /// <summary>The head of the answer is as its client gets it.</summary>
    /// <param name="framing">How its events are framed; null for an answer that is whole.</param>
    public void CaptureHead(StreamFraming? framing)
    {
        if (Capture is { } capture)
        {
            _tools.Bodies.NoteHead(capture, Http.Response.Headers, framing);
        }
    }

    /// <summary>Sets our own headers: what is known when they leave (D22).</summary>
    /// <param name="fidelity">What was done to the answer; null when that is not known, or there is none.</param>
    public void StampAnswer(Fidelity? fidelity)
    {
        var headers = Http.Response.Headers;
        if (_tools.Drain.IsDraining)
        {
            // It may not have been when the request came.
            ConnectionState.Of(Http)?.StampAnswer(Http.Response);
        }

        headers["holdfast-exchange"] = ExchangeId;
        Record.Fidelity = fidelity;
        if (Record.Reattached)
        {
            headers["holdfast-reattached"] = "1";
        }

        if (Record.OpenedEarly)
        {
            headers["holdfast-opened"] = "early";
            return;
        }

        if (Record.Upstream is { } upstream)
        {
            headers["holdfast-upstream"] = upstream;
            headers["holdfast-attempts"] = Record.Attempts.ToString(CultureInfo.InvariantCulture);
        }

        if ((Record.ModelSent ?? Record.ModelAsked) is { } model && IsHeaderSafe(model))
        {
            headers["holdfast-model"] = model;
        }

        if (fidelity is { } done)
        {
            headers["holdfast-fidelity"] = done.Word();
        }

        if (Record.FallbackReason is { } reason)
        {
            headers["holdfast-fallback-reason"] = reason;
        }

        if (Record.StaleRepeat)
        {
            headers["holdfast-stale-repeat"] = "1";
        }
    }

    public ValueTask DisposeAsync()
    {
        Record.TotalMs = ElapsedMs;
        Record.Status = Http.Response.HasStarted || Record.End != ExchangeEnd.ClientAborted ? Http.Response.StatusCode : 0;
        if (Stream is { IsOpen: true } stream)
        {
            // What was done after the headers had left stands only here (D22).
            Record.Fidelity = stream.Fidelity;
        }

        Record.Classification = IsAnswered || Record.FailedAttempts is not { Count: > 0 } failed ? null : failed[^1].Reason;
        if (Turn is { } turn)
        {
            Record.Turn = turn.IsOutgrown ? TurnFate.Outgrown
                : !turn.IsClientLost ? null : IsAnswered ? TurnFate.Drained : TurnFate.GivenUp;
            turn.Finish(TurnEnd.Failed);
        }

        NoteCost();
        LastFailure?.Answer?.Dispose();
        _listing.Dispose();
        _tools.Reporter.Ended(Record, Http.Request.Headers.TraceParent, Capture);
        return ValueTask.CompletedTask;
    }

    private void NoteCost()
    {
        if (Record.UsageState is null)
        {
            return;
        }

        var usage = new TokenUsage(
            Record.InputTokens ?? 0, Record.OutputTokens ?? 0, Record.CacheReadTokens ?? 0, Record.CacheWriteTokens ?? 0)
        {
            CacheWrite1h = Record.CacheWrite1hTokens ?? 0,
            ServerToolRequests = Record.ServerToolRequests ?? 0,
            ServiceTier = Record.ServiceTier,
            IsUsOnly = _isUsOnly,
        };
        var model = Record.ModelServed is { Length: > 0 } served ? served : Record.ModelSent ?? Record.ModelAsked;
        Record.CostUsd = _tools.Prices.CostOf(model, StartedAt, usage);
        Record.CostState = Record.CostUsd is null ? CostState.UnknownModel
            : Record.UsageState == UsageState.Estimated ? CostState.Estimated : CostState.Priced;
    }

    private double MillisecondsAt(long timestamp) => _tools.Time.GetElapsedTime(_startedAt, timestamp).Ticks / 10 / 1000.0;

    private static bool IsHeaderSafe(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
}
