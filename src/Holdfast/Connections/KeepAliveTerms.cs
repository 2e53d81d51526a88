using System.Globalization;

namespace Holdfast.Connections;

/// <summary>How long connections may idle, and what clients are told about it: a little less than
/// is kept, so that no client uses a connection at the moment at which it is closed.</summary>
/// <param name="timeout">The advertised idle time; infinite: none is advertised and none enforced.</param>
internal sealed class KeepAliveTerms(TimeSpan timeout)
{
    // Clients that keep to what we advertise never meet our close: their last chance to send is two seconds earlier.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>Treats connections from this machine like any other: only tests set it, they have no other
    /// machine.</summary>
    public bool TreatsLoopbackAsRemote { get; init; }

    /// <summary>Idle time after which we close; null never.</summary>
    public TimeSpan? CloseAfter { get; } = timeout == Timeout.InfiniteTimeSpan ? null : WholeSeconds(timeout) + Margin;

    /// <summary>The value of the <c>Keep-Alive</c> header; null for none.</summary>
    public string? Header { get; } = timeout == Timeout.InfiniteTimeSpan
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"timeout={(long)WholeSeconds(timeout).TotalSeconds}");

    private static TimeSpan WholeSeconds(TimeSpan time) =>
        TimeSpan.FromSeconds(Math.Max(1, Math.Floor(time.TotalSeconds)));
}
