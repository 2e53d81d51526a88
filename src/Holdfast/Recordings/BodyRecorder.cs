using System.Buffers;
using System.Collections.Concurrent;
using Holdfast.Observability;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;
using Holdfast.Recording.Redaction;
using Holdfast.Wire;

namespace Holdfast.Recordings;

/// <summary>Records bodies where that was asked for (R78): decides for each exchange, and makes rows of its messages on a thread
/// of its own, so that nobody waits for it. What memory has no room for is recorded without bodies and counted (R130).</summary>
internal sealed class BodyRecorder : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);

    private readonly RecordingOptions _options;
    private readonly string? _home;
    private readonly Recorder _recorder;
    private readonly PrivacyBook _privacy;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<BodyRecorder> _logger;
    private readonly CaptureBudget _budget;
    private readonly HeaderRedaction _headers;
    private readonly BlockingCollection<(ExchangeRecord Record, Capture Capture)> _ended = [];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _mayRecord;
    private int _isStarted;

    // Of the recording thread alone.
    private bool _isUnflushed;

    /// <param name="options">What is recorded.</param>
    /// <param name="routesRecord">Whether any route records bodies.</param>
    /// <param name="home">The folder <c>HOLDFAST_HOME</c>; null records nothing.</param>
    /// <param name="recorder">Where rows go.</param>
    /// <param name="privacy">The rules.</param>
    /// <param name="metrics">Counts what had no room.</param>
    /// <param name="logger">Told what went wrong.</param>
    public BodyRecorder(
        RecordingOptions options, bool routesRecord, string? home, Recorder recorder, PrivacyBook privacy, GatewayMetrics metrics,
        ILogger<BodyRecorder> logger)
    {
        (_options, _home, _recorder, _privacy, _metrics, _logger) = (options, home, recorder, privacy, metrics, logger);
        _budget = new(options.MaxBodyBytes);
        _headers = new(options.RedactHeaders);
        _mayRecord = routesRecord || options.Bodies != BodyRecording.None;
    }

    /// <summary>An exchange begins to be known: what is to be kept of it, or null where nothing is.</summary>
    /// <param name="record">Its record so far.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="protocol">What its body is written in.</param>
    /// <param name="body">Its body.</param>
    public Capture? Begin(ExchangeRecord record, IHeaderDictionary headers, WireProtocol protocol, in ReadOnlySequence<byte> body)
    {
        var rules = _privacy.Rules;
        if (!_recorder.IsOn || (!_mayRecord && rules.All.Count == 0))
        {
            return null;
        }

        var decision = rules.For(record.Session, record.Directory, _options.Bodies);
        if (decision.Keep == RecordKeeping.Ignore)
        {
            Ignore(record);
            return null;
        }

        if (decision.Bodies == BodyRecording.None && !_mayRecord && !rules.GoByDirectory)
        {
            record.LocalOnly = decision.Keep == RecordKeeping.LocalOnly ? true : null;
            return null;
        }

        var capture = new Capture(_budget, protocol)
        {
            Configured = _options.Bodies,
            Directory = record.Directory,
            RequestHeaders = _headers.Values(headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()))),
        };
        capture.KeepRequest(body);
        return capture;
    }

    /// <summary>The head of an answer is known.</summary>
    public void NoteHead(Capture capture, IHeaderDictionary headers, StreamFraming? framing)
    {
        capture.Framing = framing;
        capture.AnswerHeaders = _headers.Values(headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())));
    }

    /// <summary>An exchange has ended: it is recorded soon. Never waits, never throws.</summary>
    public void End(ExchangeRecord record, Capture capture)
    {
        if (capture.IsDropped)
        {
            _metrics.BodiesDropped();
        }

        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            new Thread(Run) { Name = "recording bodies", IsBackground = true }.Start();
        }

        try
        {
            _ended.Add((record, capture));
        }
        catch (InvalidOperationException)
        {
            // It has stopped: without bodies, then.
            capture.Release();
            WriteExchange(record);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _ended.CompleteAdding();
        if (Volatile.Read(ref _isStarted) != 0)
        {
            await _done.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Run()
    {
        SeenMessages? seen = null;
        var projector = new MessageProjector(new BodyRedaction(_options.RedactPatterns));
        while (!_ended.IsCompleted)
        {
            if (!_ended.TryTake(out var next, FlushEvery))
            {
                Flush(seen);
                continue;
            }

            var (record, capture) = next;
            try
            {
                var directory = capture.Directory ?? ClientStatement.DirectoryOf(record, capture.Request);
                var decision = _privacy.Rules.For(record.Session, directory, capture.Configured);
                if (decision.Keep == RecordKeeping.Ignore)
                {
                    Ignore(record);
                }
                else
                {
                    record.LocalOnly = decision.Keep == RecordKeeping.LocalOnly ? true : null;
                    if (decision.Bodies != BodyRecording.None && !capture.IsDropped)
                    {
                        record.Directory = directory;
                        seen ??= OpenSeen();
                        Project(record, capture, decision.Bodies, projector, seen);
                    }
                }
            }
            catch (Exception e)
            {
                // Whatever is wrong with one exchange's bodies, the others are recorded, and it is without them.
                record.Messages = null;
                _logger.BodiesNotRecorded(record.ExchangeId, e.GetType().Name);
                _metrics.BodiesDropped();
            }

            capture.Release();
            WriteExchange(record);
            Flush(seen);
        }

        Flush(seen);
        seen?.Dispose();
        _done.TrySetResult();
    }

    private void Project(
        ExchangeRecord record, Capture capture, BodyRecording bodies, MessageProjector projector, SeenMessages seen)
    {
        var rows = projector.Project(
            record,
            new()
            {
                Request = capture.Request,
                Answer = capture.WholeAnswer(),
                RequestHeaders = capture.RequestHeaders,
                ResponseHeaders = capture.AnswerHeaders,
                Mode = bodies == BodyRecording.Raw ? ProjectionMode.Raw : ProjectionMode.Messages,
                Directory = record.Directory,
            },
            seen);
        foreach (var row in rows)
        {
            _recorder.Message(row);
        }

        record.Messages = rows.Count;
        _isUnflushed = true;
    }

    // What is called seen is not written again: so not before its rows are safe.
    private void Flush(SeenMessages? seen)
    {
        if (seen is not null && _isUnflushed && _recorder.HasAllMessages)
        {
            seen.Flush();
            _isUnflushed = false;
        }
    }

    private SeenMessages OpenSeen()
    {
        var folder = Recording.RecordingFolder.In(_home!);
        Directory.CreateDirectory(folder);
        return new(Path.Combine(folder, SeenMessages.FileName));
    }

    private void WriteExchange(ExchangeRecord record) =>
        _recorder.Exchange(RecordLine.Write(record, RecordJson.Default.ExchangeRecord));

    // That there was an exchange is kept, so that nothing is missing (R17); whose and where is not.
    private static void Ignore(ExchangeRecord record)
    {
        record.IsIgnored = true;
        (record.Session, record.Directory, record.Query, record.IdempotencyKey) = (null, null, null, null);
        (record.ErrorDetail, record.UpstreamRequestId, record.RetryOf) = (null, null, null);
    }
}
