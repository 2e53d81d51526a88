using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Holdfast.Failover;
using Holdfast.Recording.Records;
using Holdfast.Recording.Segments;

namespace Holdfast.Observability;

/// <summary>Counts and measures what the gateway does; one method an event. Owns the meter <c>Holdfast</c>, not where
/// its numbers go. Never blocks, never throws.</summary>
/// <remarks>No label holds what a client chose (a model's name): such values are without bound.</remarks>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "Holdfast";

    private const string Protocol = "holdfast.protocol";
    private const string Upstream = "holdfast.upstream";
    private const string End = "holdfast.end";
    private const string EndSide = "holdfast.end_side";
    private const string ErrorType = "error.type";
    private const string Reason = "holdfast.reason";
    private const string From = "holdfast.from";
    private const string To = "holdfast.to";
    private const string Phase = "holdfast.phase";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries =
            [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45, 60, 120, 300, 600, 1800],
    };

    private readonly BoundedLabels _protocols = new(16);
    private readonly BoundedLabels _upstreams = new(64);
    private readonly BoundedLabels _codes = new(96);

    private readonly Counter<long> _exchanges;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _staleRepeats;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _earlyOpens;
    private readonly Counter<long> _reattachments;
    private readonly Counter<long> _repairs;
    private readonly Counter<long> _silentStreams;
    private readonly Counter<long> _socketThreadHeld;
    private readonly Counter<long> _requestBytes;
    private readonly Counter<long> _responseBytes;
    private readonly Counter<long> _events;
    private readonly Counter<long> _keepalives;
    private readonly Counter<long> _recordsLost;
    private readonly Counter<long> _bodiesDropped;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _affinityMoves;
    private readonly Counter<long> _stormRefusals;
    private readonly Counter<long> _limitWaits;
    private readonly Counter<long> _emptySignatures;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToHeaders;
    private readonly Histogram<double> _timeToFirstEvent;
    private readonly Histogram<double> _timeToFirstOutput;
    private readonly Histogram<double> _longestGap;
    private long _openExchanges;
    private long _openStreams;

    public GatewayMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "holdfast.exchanges.open", () => Volatile.Read(ref _openExchanges), "{exchange}", "Exchanges open now.");
        Meter.CreateObservableUpDownCounter(
            "holdfast.streams.open", () => Volatile.Read(ref _openStreams), "{stream}", "Streams open now.");
        _exchanges = Count("holdfast.exchanges", "{exchange}", "Exchanges ended.");
        _attempts = Count("holdfast.attempts", "{attempt}", "Attempts made at upstreams, by result.");
        _staleRepeats = Count("holdfast.stale_repeats", "{attempt}",
            "Requests repeated once because a reused connection had died unused.");
        _refusals = Count("holdfast.refusals", "{request}", "Requests refused, by error code.");
        _reattachments = Count("holdfast.reattachments", "{exchange}",
            "Turns that came again and got the answer made for them before.");
        _earlyOpens = Count("holdfast.early_opens", "{stream}", "Streams opened before the upstream answered.");
        _repairs = Count("holdfast.repairs", "{answer}", "Answers repaired for the client.");
        _silentStreams = Count("holdfast.silent_streams", "{stream}",
            "Times a live stream's upstream stayed silent beyond the threshold.");
        _socketThreadHeld = Count("holdfast.socket_thread.held", "{hold}",
            "Times an exchange held a socket thread so long that other streams waited, by upstream and phase.");
        _requestBytes = Count("holdfast.request.bytes", "By", "Bytes of request bodies.");
        _responseBytes = Count("holdfast.response.bytes", "By", "Bytes of answer bodies sent to clients.");
        _events = Count("holdfast.events", "{event}", "Events relayed to clients.");
        _keepalives = Count("holdfast.keepalives", "{keepalive}", "Keepalives sent to clients.");
        _recordsLost = Count("holdfast.records.lost", "{record}",
            "Exchange records that could not be written, by reason.");
        _bodiesDropped = Count("holdfast.recording.bodies_dropped", "{exchange}",
            "Exchanges whose bodies were to be recorded and could not be.");
        _retries = Count("holdfast.retries", "{attempt}", "Attempts repeated at the same candidate, by reason.");
        _fallbacks = Count("holdfast.fallbacks", "{attempt}", "Attempts at the next candidate, by upstreams and reason.");
        _affinityMoves = Count("holdfast.affinity_moves", "{conversation}",
            "Conversations that a failure moved to another candidate, by upstreams.");
        _stormRefusals = Count("holdfast.storm_refusals", "{request}",
            "Requests refused because the same turn came again and again.");
        _emptySignatures = Count("holdfast.empty_signatures", "{signature}",
            "Signatures of thinking that upstreams sent empty.");
        _limitWaits = Count("holdfast.limit_waits", "{exchange}",
            "Exchanges that waited for a limit to reset, by the upstream waited for.");
        _duration = Measure("holdfast.exchange.duration", "Time from an exchange's start to its end.");
        _timeToHeaders = Measure("holdfast.exchange.time_to_headers", "Time from the start to the upstream's headers.");
        _timeToFirstEvent = Measure("holdfast.exchange.time_to_first_event", "Time from the start to the first event.");
        _timeToFirstOutput = Measure("holdfast.exchange.time_to_first_output",
            "Time from the start to the first generated output.");
        _longestGap = Measure("holdfast.exchange.longest_gap", "Longest silence of the upstream once it had begun.");
    }

    public Meter Meter { get; } = new(MeterName);

    public void ExchangeStarted() => Interlocked.Increment(ref _openExchanges);

    /// <summary>The end of an exchange that <see cref="ExchangeStarted"/> began, with everything its record
    /// holds.</summary>
    public void ExchangeEnded(ExchangeRecord record)
    {
        Interlocked.Decrement(ref _openExchanges);
        var tags = TagsOf(record.Protocol, record.Upstream);
        AddBytesAndEvents(record, tags);
        MeasureTimes(record, tags);

        CountOddities(record);
        tags.Add(End, record.End?.Word() ?? "failed");
        _duration.Record(record.TotalMs / 1000, tags);

        tags.Add(EndSide, record.EndSide?.Word() ?? "none");
        tags.Add(ErrorType, _codes.Of(record.ErrorCode));
        _exchanges.Add(1, tags);
    }

    private void CountOddities(ExchangeRecord record)
    {
        if (record.End == ExchangeEnd.Refused)
        {
            _refusals.Add(1, new TagList { { ErrorType, _codes.Of(record.ErrorCode) } });
        }

        if (record.OpenedEarly)
        {
            _earlyOpens.Add(1, TagsOf(record.Protocol, record.Upstream));
        }

        if (record.EmptySignatures is { } count)
        {
            EmptySignatures(record.Upstream, count);
        }
    }

    public void StreamOpened() => Interlocked.Increment(ref _openStreams);

    public void StreamEnded() => Interlocked.Decrement(ref _openStreams);

    /// <param name="upstream">The upstream asked.</param>
    /// <param name="result"><c>answered</c>, or the error code of its failure.</param>
    public void AttemptEnded(string upstream, string result) => _attempts.Add(
        1, new TagList { { Upstream, _upstreams.Of(upstream) }, { "holdfast.result", _codes.Of(result) } });

    public void StaleRepeat(string upstream) =>
        _staleRepeats.Add(1, new TagList { { Upstream, _upstreams.Of(upstream) } });

    /// <summary>A turn came again and gets the answer that was made for it before.</summary>
    public void Reattached(string? protocol, string? upstream) => _reattachments.Add(1, TagsOf(protocol, upstream));

    public void Repaired(string? protocol, string? upstream) => _repairs.Add(1, TagsOf(protocol, upstream));

    /// <summary>A live stream's upstream has been silent beyond the threshold; once a silence.</summary>
    public void StreamSilent(string? protocol, string? upstream) => _silentStreams.Add(1, TagsOf(protocol, upstream));

    /// <summary>An exchange held a socket thread for long; once a hold.</summary>
    /// <param name="upstream">The upstream it was at.</param>
    /// <param name="phase">The phase of its attempt, in the glossary's words.</param>
    public void SocketThreadHeld(string? upstream, string phase) => _socketThreadHeld.Add(
        1, new TagList { { Upstream, _upstreams.Of(upstream) }, { Phase, phase } });

    /// <param name="count">How many records.</param>
    /// <param name="reason"><c>queue_full</c>, <c>sink_failed</c>: of lines on standard output; <c>recording_full</c>: of recordings;
    /// <c>unwritable</c>: of both.</param>
    public void RecordsLost(long count, string reason) =>
        _recordsLost.Add(count, new TagList { { Reason, reason } });

    /// <summary>The same candidate is asked again.</summary>
    public void Retried(string upstream, FailureReason reason) => _retries.Add(
        1, new TagList { { Upstream, _upstreams.Of(upstream) }, { Reason, reason.Word() } });

    /// <summary>The next candidate is asked.</summary>
    /// <param name="from">The upstream that failed.</param>
    /// <param name="to">The upstream of the next candidate; the same when only model or credential differ.</param>
    /// <param name="reason">Why the first failed.</param>
    public void FellBack(string from, string to, FailureReason reason) => _fallbacks.Add(
        1, new TagList { { From, _upstreams.Of(from) }, { To, _upstreams.Of(to) }, { Reason, reason.Word() } });

    /// <summary>A conversation was answered elsewhere than before.</summary>
    public void ConversationMoved(string from, string to) => _affinityMoves.Add(
        1, new TagList { { From, _upstreams.Of(from) }, { To, _upstreams.Of(to) } });

    /// <summary>A turn came again and again, and was refused.</summary>
    public void StormRefused() => _stormRefusals.Add(1);

    /// <summary>Signatures of thinking came empty.</summary>
    private void EmptySignatures(string? upstream, int count) =>
        _emptySignatures.Add(count, new TagList { { Upstream, _upstreams.Of(upstream) } });

    /// <summary>An exchange begins to wait for a limit to reset; once an exchange.</summary>
    public void WaitedForLimit(string upstream) =>
        _limitWaits.Add(1, new TagList { { Upstream, _upstreams.Of(upstream) } });

    /// <summary>Exports how many candidates cool down, read when somebody collects.</summary>
    public void ObserveCooldowns(Func<IReadOnlyList<HealthEntry>> snapshot)
    {
        var counts = new Dictionary<(string Upstream, string Reason), long>();
        Meter.CreateObservableUpDownCounter(
            "holdfast.cooldowns",
            () => CountCooling(snapshot(), counts),
            "{candidate}", "Candidates and credentials cooling down now, by reason.");
    }

    /// <summary>Exports how the configuration in force came about, read when somebody collects.</summary>
    /// <param name="state">Whether what was read last is what holds, and when that was read.</param>
    public void ObserveConfiguration(Func<(bool IsAccepted, DateTimeOffset LoadedAt)> state)
    {
        Meter.CreateObservableGauge(
            "holdfast.config.last_reload_successful", () => state().IsAccepted ? 1L : 0L, null,
            "1 where the configuration that was read last is in force, 0 where it was refused.");
        Meter.CreateObservableGauge(
            "holdfast.config.last_reload_success_timestamp", () => state().LoadedAt.ToUnixTimeMilliseconds() / 1000.0, "s",
            "When the configuration in force was read, in Unix time.");
    }

    /// <summary>Exports the listener's socket counters, read when somebody collects.</summary>
    public void ObserveSockets(Func<IEnumerable<(string Kind, long Value)>> snapshot) => Meter.CreateObservableCounter(
        "holdfast.socket.events",
        () => snapshot().Select(counter =>
            new Measurement<long>(
                counter.Value, new KeyValuePair<string, object?>("holdfast.socket.event", counter.Kind))),
        "{event}", "What happened on the sockets of our listeners.");

    /// <summary>Exports what the journal holds, read when somebody collects.</summary>
    public void ObserveJournal(Func<long> kept, Func<long> bytes, Func<long> diskBytes)
    {
        Meter.CreateObservableUpDownCounter(
            "holdfast.journal.kept", kept, "{turn}", "Whole answers that wait for a client that was lost.");
        Meter.CreateObservableUpDownCounter("holdfast.journal.size", bytes, "By", "Memory that answers of the journal take.");
        Meter.CreateObservableUpDownCounter("holdfast.journal.disk", diskBytes, "By", "Disk that answers of the journal take.");
    }

    /// <summary>The bodies of an exchange could not be recorded.</summary>
    public void BodiesDropped() => _bodiesDropped.Add(1);

    /// <summary>Exports how recording stands, read when somebody collects.</summary>
    public void ObserveRecording(Func<IReadOnlyList<SegmentState>> states)
    {
        Meter.CreateObservableCounter(
            "holdfast.recording.written", () => Each(state => state.Written), "{line}", "Lines recorded, by what they are.");
        Meter.CreateObservableCounter(
            "holdfast.recording.lost", () => Each(state => state.Lost), "{line}",
            "Lines that could not be recorded, by what they are.");
        Meter.CreateObservableUpDownCounter(
            "holdfast.recording.waiting", () => Each(state => state.Waiting), "{line}",
            "Lines that wait for the disk, by what they are.");
        Meter.CreateObservableUpDownCounter(
            "holdfast.recording.refused", () => Each(state => state.Problem is null ? 0 : 1), "{writer}",
            "Whether the disk refuses, by what is written.");

        IEnumerable<Measurement<long>> Each(Func<SegmentState, long> value) => states().Select(state =>
            new Measurement<long>(value(state), new KeyValuePair<string, object?>("holdfast.recording.family", state.Family)));
    }

    /// <summary>Exports how many client connections are open, read when somebody collects.</summary>
    public void ObserveConnections(Func<long> open) => Meter.CreateObservableUpDownCounter(
        "holdfast.connections.open", open, "{connection}", "Client connections open now.");

    public void Dispose() => Meter.Dispose();

    // What has ended is told as 0 from then on: a collector keeps the last value it was told.
    private List<Measurement<long>> CountCooling(
        IReadOnlyList<HealthEntry> entries, Dictionary<(string Upstream, string Reason), long> counts)
    {
        lock (counts)
        {
            foreach (var seen in counts.Keys)
            {
                counts[seen] = 0;
            }

            foreach (var entry in entries.Where(entry => entry.State == HealthState.Cooling))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(
                    counts, (_upstreams.Of(entry.Upstream), entry.Reason.Word()), out _)++;
            }

            return
            [
                .. counts.Select(count => new Measurement<long>(
                    count.Value, new(Upstream, count.Key.Upstream), new(Reason, count.Key.Reason))),
            ];
        }
    }

    private void AddBytesAndEvents(ExchangeRecord record, in TagList tags)
    {
        AddSome(_requestBytes, record.RequestBytes, tags);
        AddSome(_responseBytes, record.ResponseBytes, tags);
        AddSome(_events, record.Events, tags);
        AddSome(_keepalives, record.Keepalives, tags);
    }

    private void MeasureTimes(ExchangeRecord record, in TagList tags)
    {
        Record(_timeToHeaders, record.HeadersMs, tags);
        Record(_timeToFirstEvent, record.FirstEventMs, tags);
        Record(_timeToFirstOutput, record.FirstOutputMs, tags);
        Record(_longestGap, record.LongestGapMs, tags);
    }

    private TagList TagsOf(string? protocol, string? upstream) =>
        new() { { Protocol, _protocols.Of(protocol) }, { Upstream, _upstreams.Of(upstream) } };

    private Counter<long> Count(string name, string unit, string description) =>
        Meter.CreateCounter<long>(name, unit, description);

    private Histogram<double> Measure(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, tags: null, Durations);

    private static void AddSome(Counter<long> counter, long value, in TagList tags)
    {
        if (value > 0)
        {
            counter.Add(value, tags);
        }
    }

    private static void Record(Histogram<double> histogram, double? milliseconds, in TagList tags)
    {
        if (milliseconds is { } ms)
        {
            histogram.Record(ms / 1000, tags);
        }
    }
}
