namespace Holdfast.Recordings;

/// <summary>What is written down about exchanges, where, and for how long. Section <c>recording</c>.</summary>
public sealed class RecordingOptions
{
    /// <summary>Whether exchanges are recorded in <c>HOLDFAST_HOME/recordings</c>, where <c>holdfast query</c> reads them.
    /// Default true. Their lines on standard output come either way.</summary>
    public bool Enabled { get; set; } = true;

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
