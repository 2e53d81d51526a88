using Holdfast.Accounts.Pricing;
using Holdfast.Connections;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Upstreams;

namespace Holdfast.Exchanges;

/// <summary>The settings that exchanges go by. Immutable, also what it holds; replaced as a whole, and an exchange keeps the one
/// it began with. Owns its upstreams, and gives them up when the last exchange that goes by it has ended.</summary>
internal sealed class Setup
{
    // The first is whoever holds it for exchanges to come.
    private int _users = 1;

    /// <summary>Who can be asked.</summary>
    public required UpstreamTable Upstreams { get; init; }

    /// <summary>Who can be asked for what.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>How failures are told apart, and what becomes of them.</summary>
    public required FailoverTools Failover { get; init; }

    /// <summary>What tokens cost.</summary>
    public required PriceBook Prices { get; init; }

    /// <summary>Which web pages may call.</summary>
    public required RequestGuard Guard { get; init; }

    /// <summary>How streams are kept alive.</summary>
    public required StreamingOptions Streaming { get; init; }

    /// <summary>How long each step may take.</summary>
    public required TimeoutOptions Timeouts { get; init; }

    /// <summary>What requests may not carry.</summary>
    public required DenyOptions Deny { get; init; }

    /// <summary>How large what clients send may be.</summary>
    public required LimitOptions Limits { get; init; }

    /// <summary>Whether known clients are told failures in the form that makes their own retries help; else as the upstream
    /// answered.</summary>
    public bool AdjustsErrors { get; init; } = true;

    /// <summary>One more goes by it, until <see cref="Leave"/>. False where the last one has left.</summary>
    public bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>One less goes by it.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Upstreams.Dispose();
        }
    }
}
