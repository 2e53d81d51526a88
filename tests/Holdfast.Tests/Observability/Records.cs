using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Recordings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Tests.Observability;

/// <summary>Records for tests.</summary>
internal static class Records
{
    /// <summary>A recorder that writes nothing down.</summary>
    public static Recorder Unrecorded(GatewayMetrics metrics) =>
        new(new RecordingOptions(), segments: null, metrics, TimeProvider.System, NullLogger<Recorder>.Instance);

    /// <summary>One that records no bodies.</summary>
    public static BodyRecorder Bodiless(GatewayMetrics metrics) => new(
        new RecordingOptions(), routesRecord: false, home: null, Unrecorded(metrics),
        new PrivacyBook(null, TimeProvider.System, NullLogger<PrivacyBook>.Instance), metrics, NullLogger<BodyRecorder>.Instance);

    public static ExchangeRecord Completed(string id = "ex-1") => new()
    {
        ExchangeId = id,
        StartedAt = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.Zero),
        Method = "POST",
        Path = "/v1/messages",
        Protocol = "anthropic",
        Upstream = "anthropic",
        ModelAsked = "claude-opus-4-6",
        Status = 200,
        IsStream = true,
        IsSse = true,
        RequestBytes = 1_000,
        ResponseBytes = 5_000,
        Attempts = 1,
        HeadersMs = 200,
        FirstEventMs = 250,
        FirstOutputMs = 700,
        TotalMs = 12_000,
        LongestGapMs = 3_000,
        Events = 42,
        Keepalives = 3,
        TerminalSeen = true,
        End = ExchangeEnd.Completed,
        EndSide = Side.Upstream,
    };

    public static ExchangeRecord Failed(string id = "ex-2", string code = "stream_reset")
    {
        var record = Completed(id);
        record.End = ExchangeEnd.Failed;
        record.ErrorCode = code;
        record.Error = "read ECONNRESET";
        record.TerminalSeen = false;
        return record;
    }
}
