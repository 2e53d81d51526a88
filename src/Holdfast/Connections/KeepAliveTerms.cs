using System.Globalization;

namespace Holdfast.Connections;

/// <summary>How long connections may idle, and what clients are told about it: a little less than
/// is kept, so that no client uses a connection at the moment at which it is closed.</summary>
/// <param name="timeout">The advertised idle time; infinite: none is advertised and none enforced.</param>
internal sealed class KeepAliveTerms(TimeSpan timeout)
{
    // Clients that keep to what we advertise never meet our close: their last chance to send is two seconds earlier.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private volatile Terms _terms = Terms.Of(timeout);

    /// <summary>Treats connections from this machine like any other: only tests set it, they have no other
    /// machine.</summary>
    public bool TreatsLoopbackAsRemote { get; init; }

    /// <summary>Idle time after which we close; null never.</summary>
    public TimeSpan? CloseAfter => _terms.CloseAfter;

    /// <summary>The value of the <c>Keep-Alive</c> header; null for none.</summary>
    public string? Header => _terms.Header;

    /// <summary>From now on this idle time holds: for a connection, from its next request on.</summary>
    public void Follow(TimeSpan settings) => _terms = Terms.Of(settings);

    private sealed record Terms(TimeSpan? CloseAfter, string? Header)
    {
        public static Terms Of(TimeSpan timeout)
        {
            if (timeout == Timeout.InfiniteTimeSpan)
            {
                return new(null, null);
            }

            var seconds = Math.Max(1, Math.Floor(timeout.TotalSeconds));
            return new(
                TimeSpan.FromSeconds(seconds) + Margin,
                string.Create(CultureInfo.InvariantCulture, $"timeout={(long)seconds}"));
        }
    }
}
