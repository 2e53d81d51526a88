using Holdfast.Recording.Records;

namespace Holdfast.Observability;

/// <summary>What the gateway has done since it started, in a few sums for <c>holdfast status</c>. Never
/// blocks.</summary>
internal sealed class ExchangeTotals
{
    private long _completed;
    private long _failed;
    private long _upstreamErrors;
    private long _clientAborted;
    private long _refused;
    private long _requestBytes;
    private long _responseBytes;

    public void Add(ExchangeRecord record)
    {
        Interlocked.Increment(ref CounterOf(record.End));
        Interlocked.Add(ref _requestBytes, record.RequestBytes);
        Interlocked.Add(ref _responseBytes, record.ResponseBytes);
    }

    public TotalsSnapshot Snapshot() => new(
        Volatile.Read(ref _completed), Volatile.Read(ref _failed), Volatile.Read(ref _upstreamErrors),
        Volatile.Read(ref _clientAborted), Volatile.Read(ref _refused),
        Volatile.Read(ref _requestBytes), Volatile.Read(ref _responseBytes));

    private ref long CounterOf(ExchangeEnd? end)
    {
        switch (end)
        {
            case ExchangeEnd.Completed:
                return ref _completed;
            case ExchangeEnd.UpstreamError:
                return ref _upstreamErrors;
            case ExchangeEnd.ClientAborted:
                return ref _clientAborted;
            case ExchangeEnd.Refused:
                return ref _refused;
            default:
                return ref _failed;
        }
    }
}

/// <summary>The sums at one moment.</summary>
internal sealed record TotalsSnapshot(
    long Completed, long Failed, long UpstreamErrors, long ClientAborted, long Refused, long RequestBytes,
    long ResponseBytes)
{
    public long Exchanges => Completed + Failed + UpstreamErrors + ClientAborted + Refused;
}
