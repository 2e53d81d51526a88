using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Load;

/// <summary>Lines of records as the gateway writes them for an agent's turns: most whole, one of twenty broken, a fallback now
/// and then. The same number always gives the same line.</summary>
internal static class RecordLines
{
    public static byte[] Of(int i)
    {
        var random = new Random(i);
        var isBroken = i % 20 == 0;
        var started = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i);
        var record = new ExchangeRecord
        {
            ExchangeId = Guid.CreateVersion7(started).ToString("n"),
            StartedAt = started,
            ClientName = "claude-cli",
            ClientVersion = "2.1.329",
            Session = $"5f1c2a00-0000-4000-8000-{i / 40:000000000000}",
            Protocol = "anthropic",
            Method = "POST",
            Path = "/v1/messages",
            Query = "?beta=true",
            Upstream = i % 3 == 0 ? "anthropic" : "anthropic-eu",
            ModelAsked = i % 4 == 0 ? "claude-haiku-4-5" : "claude-opus-5-5",
            ModelServed = i % 4 == 0 ? "claude-haiku-4-5" : "claude-opus-5-5",
            Status = 200,
            UpstreamStatus = 200,
            UpstreamRequestId = $"req_{random.NextInt64():x16}",
            IsStream = true,
            IsSse = true,
            RequestBytes = random.Next(2_000, 400_000),
            ResponseBytes = random.Next(500, 50_000),
            Attempts = i % 50 == 0 ? 2 : 1,
            FallbackReason = i % 50 == 0 ? "overloaded" : null,
            FailedAttempts = i % 50 == 0
                ? [new()
                {
                    Attempt = 1, Upstream = "anthropic", Model = "claude-opus-5-5", Phase = Phase.Held, Status = 529, Error = "upstream_error",
                    RawError = "Overloaded", Reason = "overloaded", Kind = "overloaded", Rule = "status.529", Action = "fallback", EndedMs = 412.5,
                }]
                : null,
            ConnectionReused = true,
            DispatchedMs = random.Next(100, 900) / 1000d,
            HeadersMs = random.Next(200_000, 900_000) / 1000d,
            FirstEventMs = random.Next(900_000, 1_200_000) / 1000d,
            FirstOutputMs = random.Next(1_200_000, 9_000_000) / 1000d,
            TotalMs = random.Next(9_000_000, 60_000_000) / 1000d,
            LongestGapMs = random.Next(20_000, 4_000_000) / 1000d,
            Events = random.Next(10, 2_000),
            Keepalives = i % 10 == 0 ? 2 : 0,
            TerminalSeen = !isBroken,
            End = isBroken ? ExchangeEnd.Failed : ExchangeEnd.Completed,
            EndSide = isBroken ? Recording.Records.Side.Upstream : null,
            Error = isBroken ? "read ECONNRESET" : null,
            ErrorCode = isBroken ? "stream_reset" : null,
            ErrorDetail = isBroken ? "Unable to read data from the transport connection: Connection reset by peer." : null,
            ClosedFirst = isBroken ? Recording.Records.Side.Upstream : null,
            Fidelity = Fidelity.Exact,
            UsageState = isBroken ? UsageState.Estimated : UsageState.Reported,
            InputTokens = random.Next(1, 3_000),
            OutputTokens = random.Next(50, 4_000),
            CacheReadTokens = random.Next(0, 150_000),
            CacheWriteTokens = random.Next(0, 8_000),
        };
        return RecordLine.Write(record, RecordJson.Default.ExchangeRecord).ToArray();
    }
}
