using Holdfast.Accounts.Pricing;
using Holdfast.Connections;
using Holdfast.Requests;
using Holdfast.Routing;

namespace Holdfast.Exchanges;

/// <summary>The settings that exchanges go by. Immutable, also what it holds; replaced as a whole, and an exchange keeps the one
/// it began with.</summary>
internal sealed record Setup
{
    /// <summary>Who can be asked for what.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>What tokens cost.</summary>
    public required PriceBook Prices { get; init; }

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
}

/// <summary>Knows the settings that hold now. Safe for any thread.</summary>
/// <param name="first">Those of the start.</param>
internal sealed class SetupHolder(Setup first)
{
    private volatile Setup _current = first;

    /// <summary>What an exchange that begins now goes by.</summary>
    public Setup Current => _current;

    /// <summary>From now on these hold, for exchanges that begin.</summary>
    public void Replace(Setup next) => _current = next;
}
