using Holdfast.Recording.Privacy;

namespace Holdfast.Sinks;

/// <summary>What is written down about exchanges, where, and for how long. Section <c>recording</c>.</summary>
public sealed class RecordingOptions
{
    /// <summary>Whether exchanges are recorded in <c>HOLDFAST_HOME/recordings</c>, where <c>holdfast query</c> reads them.
    /// Default true. Their lines on standard output come either way.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>What is recorded of bodies: <c>none</c> (default: only what an exchange did), <c>messages</c> (what its
    /// messages say, into <c>ai_gateway_messages</c>, secrets taken out) or <c>raw</c> (the provider's JSON of every part as
    /// well). A route may have its own; <c>holdfast privacy</c> sets it for directories and sessions.</summary>
    public BodyRecording Bodies { get; set; }

    /// <summary>How much memory bodies may take that wait to be recorded; an exchange for whose bodies there is no room is
    /// recorded without them, and counted. Default 128 MiB, 1 MiB to 64 GiB.</summary>
    public long MaxBodyBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Headers whose values are never recorded, besides those that carry credentials; of a long one the last four
    /// characters stay. Default none.</summary>
    public IReadOnlyList<string> RedactHeaders { get; set; } = [];

    /// <summary>Regular expressions (without look-arounds and back references); what they find in a body is recorded as
    /// <c>REDACTED</c>, as keys of well-known shapes always are. Default none.</summary>
    public IReadOnlyList<string> RedactPatterns { get; set; } = [];

    /// <summary>How many days recordings are kept besides today; older ones are deleted, by whole days in UTC. Default 90, to
    /// 36,500; 0 keeps them for ever.</summary>
    public int RetentionDays { get; set; } = 90;

    /// <summary>How often what was written is forced onto the disk: so much a power failure may take. The end of the process,
    /// however it comes, takes what came within the last 50 ms at most. Default 1 s.</summary>
    public TimeSpan FsyncInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How much may wait in memory when the disk is full, slow or not writable; what comes beyond it is lost and
    /// counted, and exchanges go on. About 1 KB an exchange. Default 256 MiB, 1 MiB to 64 GiB.</summary>
    public long MaxWaitingBytes { get; set; } = 256 * 1024 * 1024;
}

/// <summary>What is recorded of one route. Section <c>recording</c> of a route; what is not given is as everywhere else.</summary>
public sealed class RouteRecordingOptions
{
    /// <summary>What is recorded of bodies: <c>none</c>, <c>messages</c> or <c>raw</c>, as in <c>recording.bodies</c>.</summary>
    public BodyRecording? Bodies { get; set; }
}
