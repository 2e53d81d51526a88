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
    private readonly SegmentWriter? _exchanges;
    private readonly SegmentWriter? _socketEvents;
    private readonly SegmentWriter? _messages;

    /// <param name="options">What is recorded.</param>
    /// <param name="segments">Where segments are made; null records nothing.</param>
    /// <param name="metrics">Counts what is lost.</param>
    /// <param name="time">The time.</param>
    /// <param name="logger">Told when the disk refuses.</param>
    public Recorder(
        RecordingOptions options, ISegmentFolder? segments, GatewayMetrics metrics, TimeProvider time, ILogger<Recorder> logger)
    {
        (_metrics, _time, _logger, FsyncInterval) = (metrics, time, logger, options.FsyncInterval);
        if (segments is not null && options.Enabled)
        {
            var terms = new SegmentTerms(options.FsyncInterval, SegmentBytes, SegmentAge, options.MaxWaitingBytes);
            _exchanges = NewWriter("exchanges", segments, terms);
            _socketEvents = NewWriter("socket-events", segments, terms);
            _messages = NewWriter("messages", segments, terms);
            metrics.ObserveRecording(() => States);
        }
    }

    /// <summary>How long a power failure may take back.</summary>
    public TimeSpan FsyncInterval { get; }

    /// <summary>How its writers stand; none where nothing is recorded.</summary>
    public IReadOnlyList<SegmentState> States => _exchanges is null ? [] : [_exchanges.State, _socketEvents!.State, _messages!.State];

    /// <summary>Whether anything is recorded.</summary>
    public bool IsOn => _exchanges is not null;

    /// <summary>An exchange has ended. Never waits, never throws.</summary>
    /// <param name="line">Its record.</param>
    public void Exchange(ReadOnlySpan<byte> line)
    {
        if (line.Length > RecordLine.MaxBytes || _exchanges?.Add(line) == false)
        {
            _metrics.RecordsLost(1, "recording_full");
        }
    }

    /// <summary>Something happened to a client's connection. Never waits, never throws.</summary>
    /// <param name="kind">What.</param>
    /// <param name="connection">The connection's id.</param>
    public void SocketEvent(string kind, string? connection) => _socketEvents?.Add(RecordLine.Write(
        new() { HappenedAt = _time.GetUtcNow(), Kind = kind, Connection = connection }, RecordJson.Default.SocketEventRecord));

    /// <summary>Whether every part of a message that was handed in is safe on disk, or lost for good.</summary>
    public bool HasAllMessages => _messages?.State is not { } state || (state.Waiting == 0 && state.Durable == state.Written);

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

        if (line.Length > MostMessageBytes || _messages?.Add(line) == false)
        {
            _metrics.RecordsLost(1, "recording_full");
        }
    }

    /// <summary>Everything that was handed in stands in complete segments. False where the disk does not take it.</summary>
    public async Task<bool> CompleteAsync(CancellationToken cancellationToken) => _exchanges is null
        || Array.TrueForAll(
            await Task.WhenAll(
                _exchanges.CompleteAsync(cancellationToken), _socketEvents!.CompleteAsync(cancellationToken),
                _messages!.CompleteAsync(cancellationToken)),
            isComplete => isComplete);

    /// <summary>Completes the segment of messages' parts alone.</summary>
    public Task<bool> CompleteMessagesAsync(CancellationToken cancellationToken) =>
        _messages?.CompleteAsync(cancellationToken) ?? Task.FromResult(true);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => _exchanges is null
        ? Task.CompletedTask
        : Task.WhenAll(
            _exchanges.StopAsync(cancellationToken), _socketEvents!.StopAsync(cancellationToken),
            _messages!.StopAsync(cancellationToken));

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
}
