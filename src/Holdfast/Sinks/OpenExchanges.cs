using System.Collections.Concurrent;

namespace Holdfast.Sinks;

/// <summary>What an open exchange tells about itself while it runs. Read from any thread.</summary>
internal interface ILiveExchange
{
    string ExchangeId { get; }

    DateTimeOffset StartedAt { get; }

    string? Protocol { get; }

    string? Upstream { get; }

    string? Model { get; }

    /// <summary>Whether the client asked for a stream.</summary>
    bool IsStream { get; }

    /// <summary>The phase of its attempt, as it is spelled in outputs.</summary>
    string Phase { get; }

    /// <summary>Bytes of the answer's body sent to the client.</summary>
    long BytesSent { get; }

    /// <summary>Time since the upstream's last byte, or since the request went out when there was none.</summary>
    TimeSpan Silence { get; }
}

/// <summary>The exchanges that are open now. Owns no clock and ends none.</summary>
internal sealed class OpenExchanges
{
    private readonly ConcurrentDictionary<ILiveExchange, byte> _open = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many; counts them, so not for the hot path.</summary>
    public int Count => _open.Count;

    /// <summary>All of them, oldest first, as they are now.</summary>
    public IReadOnlyList<ILiveExchange> Snapshot() =>
        [.. _open.Select(entry => entry.Key).OrderBy(exchange => exchange.StartedAt)];

    /// <summary>Lists an exchange until the returned value is disposed; disposing twice is safe.</summary>
    public Listing Add(ILiveExchange exchange)
    {
        _open.TryAdd(exchange, 0);
        return new Listing(this, exchange);
    }

    /// <summary>An exchange's place in the list.</summary>
    public readonly struct Listing(OpenExchanges owner, ILiveExchange exchange) : IDisposable
    {
        public void Dispose() => owner?._open.TryRemove(exchange, out _);
    }
}
