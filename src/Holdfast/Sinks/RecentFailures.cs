using Holdfast.Recording.Records;

namespace Holdfast.Sinks;

/// <summary>What <c>holdfast status</c> tells about a failed exchange.</summary>
internal sealed record RecentFailure(
    string ExchangeId, DateTimeOffset At, string End, int Status, string? Protocol, string? Upstream, string? Code,
    string? Text);

/// <summary>The last twenty exchanges that did not go well: failed, refused, or answered with an upstream's error.
/// What a client ended itself is none of them.</summary>
internal sealed class RecentFailures
{
    private const int Kept = 20;

    private readonly Lock _gate = new();
    private readonly Queue<RecentFailure> _failures = new(Kept);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<RecentFailure> Snapshot()
    {
        lock (_gate)
        {
            return [.. _failures.Reverse()];
        }
    }

    public void Add(ExchangeRecord record)
    {
        if (record.End is not (ExchangeEnd.Failed or ExchangeEnd.UpstreamError or ExchangeEnd.Refused))
        {
            return;
        }

        var failure = new RecentFailure(
            record.ExchangeId, record.StartedAt.AddMilliseconds(record.TotalMs), record.End.Value.Word(), record.Status,
            record.Protocol, record.Upstream, record.ErrorCode, record.Error);
        lock (_gate)
        {
            if (_failures.Count == Kept)
            {
                _failures.Dequeue();
            }

            _failures.Enqueue(failure);
        }
    }
}
