namespace Holdfast.Recording.Records;

/// <summary>What happened to a client's connection outside any exchange, or around one (R15, R16).</summary>
public sealed class SocketEventRecord
{
    /// <summary>When.</summary>
    public DateTimeOffset HappenedAt { get; set; }

    /// <summary>What: <c>protocol_error</c>, <c>header_timeout</c>, <c>handshake_failed</c>,
    /// <c>idle_closed_by_us</c>, <c>reset_before_request</c>, <c>reset_mid_request</c>, <c>reset_mid_answer</c>,
    /// <c>keep_alive_race</c>, <c>half_open_client</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The connection's id, as diagnostics name it.</summary>
    public string? Connection { get; set; }
}
