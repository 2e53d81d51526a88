using System.Buffers;
using System.Collections.Concurrent;
using Holdfast.Observability;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Sinks;

/// <summary>Records bodies where that was asked for: decides for each exchange, and makes rows of its messages on a thread
/// of its own, so that nobody waits for it. What memory has no room for is recorded without bodies and counted.</summary>
internal sealed class BodyRecorder : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);

    // Records wait behind the bodies of those before them: not for ever.
    private const int MostWaiting = 1_000;

    private readonly string? _home;
    private readonly Recorder _recorder;
    private readonly PrivacyBook _privacy;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<BodyRecorder> _logger;
    private readonly CaptureBudget _budget;
    private readonly BlockingCollection<Action> _work = [];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile BodyTerms _terms;
    private int _isStarted;

    // Of the recording thread alone.
    private MessageProjector? _projector;
    private BodyTerms? _projectorTerms;
    private SeenMessages? _seen;
    private bool _isUnflushed;
    private bool _isSeenRefused;

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
        (_home, _recorder, _privacy, _metrics, _logger) = (home, recorder, privacy, metrics, logger);
        _budget = new(options.MaxBodyBytes);
        _terms = new(options, routesRecord);
    }

    /// <summary>From now on these settings hold, for exchanges that begin.</summary>
    public void Follow(RecordingOptions settings, bool routesRecord)
    {
        _budget.MaxBytes = settings.MaxBodyBytes;
        _terms = new(settings, routesRecord);
    }

    /// <summary>An exchange begins to be known: what is to be kept of it, or null where nothing is.</summary>
    /// <param name="record">Its record so far.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="protocol">What its body is written in.</param>
    /// <param name="body">Its body.</param>
    public Capture? Begin(ExchangeRecord record, IHeaderDictionary headers, WireProtocol protocol, in ReadOnlySequence<byte> body)
    {
        var (rules, terms) = (_privacy.Rules, _terms);
        if (!_recorder.IsOn || (!terms.MayRecord && rules is { All.Count: 0, IsUnreadable: false }))
        {
            return null;
        }

        var decision = rules.For(record.Session, record.Directory, terms.Bodies);
        if (decision.Keep == RecordKeeping.Ignore)
        {
            // As it was decided, whatever the rules say at the end.
            record.Ignore();
            return null;
        }

        if (decision.Bodies == BodyRecording.None && !terms.MayRecord && !rules.GoByDirectory)
        {
            return null;
        }

        var capture = new Capture(_budget, protocol, terms)
        {
            Directory = record.Directory,
            RequestEncoding = headers.ContentEncoding.ToString(),
            RequestHeaders = terms.Headers.Values(headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()))),
        };
        capture.KeepRequest(body);
        return capture;
    }

    /// <summary>The route an exchange takes is known, and with it what the configuration says. One that takes none is recorded
    /// without bodies.</summary>
    /// <returns>What is still kept of it; null where nothing need be.</returns>
    public Capture? Take(Capture capture, ExchangeRecord record, BodyRecording bodies)
    {
        capture.Configured = bodies;
        var rules = _privacy.Rules;
        if (bodies != BodyRecording.None || rules.GoByDirectory || rules.IsUnreadable
            || rules.For(record.Session, record.Directory, bodies).Bodies != BodyRecording.None)
        {
            return capture;
        }

        capture.Release();
        return null;
    }

    /// <summary>Decides what may become of the record of an ended exchange of which nothing was kept. Never throws.</summary>
    public void Judge(ExchangeRecord record)
    {
        var rules = _privacy.Rules;
        if (rules.All.Count > 0 || rules.IsUnreadable || record.IsIgnored == true)
        {
            record.Withhold(rules.For(record.Session, record.Directory, BodyRecording.None).Keep);
        }
    }

    /// <summary>An exchange has ended: it is recorded soon. Never waits, never throws.</summary>
    /// <param name="record">Its record.</param>
    /// <param name="capture">What was kept of it.</param>
    /// <param name="write">Writes the record down, once it is known what may be written of it. Never throws.</param>
    public void End(ExchangeRecord record, Capture capture, Action<ExchangeRecord> write)
    {
        if (_work.Count >= MostWaiting || !TryAdd(() => Record(record, capture, write)))
        {
            // It is far behind, or has stopped: without bodies, then.
            capture.Drop();
            Record(record, capture, write);
        }
    }

    /// <summary>Done when all that ended before was handed in to be written down.</summary>
    public Task SettleAsync() => DoAsync(() => { });

    /// <summary>Messages must not count as recorded any more: when they come again they are recorded again.</summary>
    /// <param name="entries">Which (<see cref="SeenMessages.EntryOf"/>); null for all.</param>
    public Task ForgetAsync(IReadOnlySet<ulong>? entries) => DoAsync(() =>
    {
        _projector?.Forget();
        if (_seen is { } seen)
        {
            seen.Forget(entries);
        }
        else if (_home is not null)
        {
            SeenMessages.ForgetIn(Recording.RecordingFolder.In(_home), entries);
        }
    });

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _work.CompleteAdding();
        if (Volatile.Read(ref _isStarted) != 0)
        {
            await _done.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool TryAdd(Action work)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            new Thread(Run) { Name = "recording bodies", IsBackground = true }.Start();
        }

        try
        {
            _work.Add(work);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // Throws what the work throws.
    private Task DoAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isTaken = TryAdd(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception failed)
            {
                done.SetException(failed);
            }
        });
        return isTaken ? done.Task : Task.FromException(new IOException("Recording has stopped."));
    }

    private void Run()
    {
        while (!_work.IsCompleted)
        {
            if (_work.TryTake(out var work, FlushEvery))
            {
                work();
            }

            Flush();
        }

        if (_isUnflushed)
        {
            _recorder.CompleteMessagesAsync(CancellationToken.None).Wait(Patience);
            Flush();
        }

        _seen?.Dispose();
        _done.TrySetResult();
    }

    private void Record(ExchangeRecord record, Capture capture, Action<ExchangeRecord> write)
    {
        var rules = _privacy.Rules;
        var isJudged = false;
        try
        {
            var request = capture.PlainRequest();
            var directory = capture.Directory ?? ClientStatement.DirectoryOf(record, request ?? default);
            var decision = rules.For(record.Session, directory, capture.Configured);
            var isUnknown = directory is null && request is null;
            record.Withhold(isUnknown ? rules.StrictestFor(record.Session) : decision.Keep);
            isJudged = true;
            if (decision.Bodies != BodyRecording.None && record.IsIgnored != true)
            {
                if (request is null)
                {
                    _metrics.BodiesDropped();
                }
                else
                {
                    Project(record, capture, request.Value, directory, decision.Bodies);
                }
            }
        }
        catch (Exception e)
        {
            // Whatever is wrong with one exchange's bodies, the others are recorded, and it is without them.
            if (!isJudged)
            {
                record.Withhold(rules.StrictestFor(record.Session));
            }

            _logger.BodiesNotRecorded(record.ExchangeId, e.GetType().Name);
            _metrics.BodiesDropped();
        }

        capture.Release();
        write(record);
    }

    private void Project(
        ExchangeRecord record, Capture capture, ReadOnlyMemory<byte> request, string? directory, BodyRecording bodies)
    {
        _seen ??= OpenSeen();

        if (_projector is null || _projectorTerms != capture.Terms)
        {
            // What sessions last said counts as changed then: it is recorded once more.
            (_projector, _projectorTerms) = (new(capture.Terms.Redaction.Value), capture.Terms);
        }

        var rows = _projector.Project(
            record,
            new()
            {
                Request = request,
                Answer = capture.WholeAnswer(),
                RequestHeaders = capture.RequestHeaders,
                ResponseHeaders = capture.AnswerHeaders,
                Mode = bodies == BodyRecording.Raw ? ProjectionMode.Raw : ProjectionMode.Messages,
                Directory = directory,
            },
            _seen);
        foreach (var row in rows)
        {
            _recorder.Message(row);
        }

        record.NoteMessages(rows.Count, directory);
        _isUnflushed = true;
    }

    // What is called seen is not written again: so not before its rows are safe.
    private void Flush()
    {
        if (_seen is not { } seen || !_isUnflushed || !_recorder.HasAllMessages)
        {
            return;
        }

        try
        {
            seen.Flush();
            (_isUnflushed, _isSeenRefused) = (false, false);
        }
        catch (Exception refused)
        {
            // Tried again; after a restart some messages are recorded twice, if it never succeeds.
            if (!_isSeenRefused)
            {
                _logger.SeenNotKept(refused.Message);
            }

            _isSeenRefused = true;
        }
    }

    private SeenMessages OpenSeen()
    {
        var folder = Recording.RecordingFolder.In(_home!);
        Recording.RecordingFolder.Make(folder);
        return new(Path.Combine(folder, SeenMessages.FileName));
    }
}
