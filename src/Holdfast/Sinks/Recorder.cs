using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Recording.Segments;

namespace Holdfast.Sinks;

/// <summary>Where what happened is handed in to be written down. Owns the writers of the segments. Nobody ever waits for a
/// disk here: what cannot be written waits in memory, what has no room there is lost and counted.</summary>
internal sealed class Recorder : IHostedService
{
    /// <summary>How long the line of a message may be.</summary>
    public const int MostMessageBytes = 16 * 1024 * 1024;

    private const long SegmentBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan SegmentAge = TimeSpan.FromMinutes(10);

    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Recorder> _logger;
    private readonly Writers? _writers;
    private volatile RecordingOptions _options;

    /// <param name="options">What is recorded.</param>
    /// <param name="segments">Where segments are made; null records nothing.</param>
    /// <param name="metrics">Counts what is lost.</param>
    /// <param name="time">The time.</param>
    /// <param name="logger">Told when the disk refuses.</param>
    public Recorder(
        RecordingOptions options, ISegmentFolder? segments, GatewayMetrics metrics, TimeProvider time, ILogger<Recorder> logger)
    {
        (_metrics, _time, _logger, _options) = (metrics, time, logger, options);
        if (segments is not null)
        {
            // Nothing is made before there is something to write.
            var terms = TermsOf(options);
            _writers = new(
                NewWriter("exchanges", segments, terms), NewWriter("socket-events", segments, terms),
                NewWriter("messages", segments, terms));
            metrics.ObserveRecording(() => States);
        }
    }

    /// <summary>The settings that hold now.</summary>
    public RecordingOptions Options => _options;

    /// <summary>How its writers stand; none where nothing is recorded.</summary>
    public IReadOnlyList<SegmentState> States => IsOn ? [.. _writers!.All.Select(writer => writer.State)] : [];

    /// <summary>Whether anything is recorded.</summary>
    public bool IsOn => _options.Enabled && _writers is not null;

    /// <summary>From now on these settings hold.</summary>
    public void Follow(RecordingOptions settings)
    {
        _options = settings;
        foreach (var writer in _writers?.All ?? [])
        {
            writer.Follow(TermsOf(settings));
        }
    }

    /// <summary>An exchange has ended. Never waits, never throws.</summary>
    /// <param name="line">Its record.</param>
    public void Exchange(ReadOnlySpan<byte> line)
    {
        if (line.Length > RecordLine.MaxBytes || (IsOn && !_writers!.Exchanges.Add(line)))
        {
            _metrics.RecordsLost(1, "recording_full");
        }
    }

    /// <summary>Something happened to a client's connection. Never waits, never throws.</summary>
    /// <param name="kind">What.</param>
    /// <param name="connection">The connection's id.</param>
    public void SocketEvent(string kind, string? connection)
    {
        if (IsOn)
        {
            _writers!.SocketEvents.Add(RecordLine.Write(
                new() { HappenedAt = _time.GetUtcNow(), Kind = kind, Connection = connection },
                RecordJson.Default.SocketEventRecord));
        }
    }

    /// <summary>Whether every part of a message that was handed in is safe on disk, or lost for good.</summary>
    public bool HasAllMessages => _writers?.Messages.State is not { } state || (state.Waiting == 0 && state.Durable == state.Written);

    /// <summary>A part of a message. Never waits, never throws.</summary>
    public void Message(MessageRecord row)
    {
        var line = RecordLine.Write(row, RecordJson.Default.MessageRecord);
        if (line.Length > MostMessageBytes)
        {
            // Nobody could read it back: what it was stays, what it said does not.
            line = RecordLine.Write(
                row with
                {
                    ContentText = null, ToolArgs = null, RawFrame = null, SystemText = null, Tools = null, Cwd = null,
                    ThinkingSignature = null, Status = null,
                },
                RecordJson.Default.MessageRecord);
        }

        if (line.Length > MostMessageBytes || (IsOn && !_writers!.Messages.Add(line)))
        {
            _metrics.RecordsLost(1, "recording_full");
        }
    }

    /// <summary>Everything that was handed in stands in complete segments. False where the disk does not take it.</summary>
    public async Task<bool> CompleteAsync(CancellationToken cancellationToken) => _writers is null
        || Array.TrueForAll(
            await Task.WhenAll(_writers.All.Select(writer => writer.CompleteAsync(cancellationToken))), isComplete => isComplete);

    /// <summary>Completes the segment of messages' parts alone.</summary>
    public Task<bool> CompleteMessagesAsync(CancellationToken cancellationToken) =>
        _writers?.Messages.CompleteAsync(cancellationToken) ?? Task.FromResult(true);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll((_writers?.All ?? []).Select(writer => writer.StopAsync(cancellationToken)));

    private static SegmentTerms TermsOf(RecordingOptions options) =>
        new(options.FsyncInterval, SegmentBytes, SegmentAge, options.MaxWaitingBytes);

    private SegmentWriter NewWriter(string family, ISegmentFolder segments, SegmentTerms terms) => new(family, segments, terms, _time)
    {
        ProblemChanged = problem =>
        {
            if (problem is null)
            {
                _logger.WritesAgain(family);
            }
            else
            {
                _logger.CannotWrite(family, problem);
            }
        },
    };

    private sealed record Writers(SegmentWriter Exchanges, SegmentWriter SocketEvents, SegmentWriter Messages)
    {
        public SegmentWriter[] All => [Exchanges, SocketEvents, Messages];
    }
}
