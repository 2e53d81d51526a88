namespace Holdfast.Failover;

/// <summary>What becomes of a failure before the client has seen output. Section <c>failover</c>.</summary>
public sealed class FailoverOptions
{
    /// <summary>How often the same candidate may be asked again within one exchange, where the failure proves that it did
    /// no work and is said to pass. Default 1, at most 5; 0 disables.</summary>
    public int Retries { get; set; } = 1;

    /// <summary>How many attempts an exchange may make in all, over every candidate and credential. Default 8, 1 to 32.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>How long a streaming exchange may wait in all for limits to reset (<c>Retry-After</c>) when every candidate
    /// is limited, kept alive meanwhile. Default 60 s; <c>"off"</c> never waits. An answer that is not streamed cannot be
    /// kept alive and does not wait.</summary>
    public TimeSpan WaitForLimits { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How candidates that fail are spared for a while.</summary>
    public CooldownOptions Cooldown { get; set; } = new();

    /// <summary>How a conversation stays with who answered it.</summary>
    public AffinityOptions Affinity { get; set; } = new();

    /// <summary>How one turn that comes again and again is slowed.</summary>
    public StormOptions Storms { get; set; } = new();

    /// <summary>Rules of one's own for errors the classifier does not know, or judges wrongly; tried in this order, before
    /// those the program brings. Try them with <c>holdfast classify</c>.</summary>
    public IReadOnlyList<FailoverRuleOptions> Rules { get; set; } = [];
}

/// <summary>How candidates that fail are spared. Section <c>failover.cooldown</c>.</summary>
public sealed class CooldownOptions
{
    /// <summary>Whether a candidate that failed is asked last for a while: 1, 5, 25 min, then 1 h; for refused money or
    /// credentials 5, 10, 20, then 24 h; as long as the upstream itself says of limits and money, where it does. Default true.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>How a conversation stays with its candidate and credential. Section <c>failover.affinity</c>.</summary>
public sealed class AffinityOptions
{
    /// <summary>Whether it stays where it was answered last, for the sake of the provider's prompt cache and of signed
    /// thinking. Only a failure moves it. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How long a conversation may rest before it is forgotten. Default 1 h.</summary>
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>How one turn that comes again and again is slowed. Section <c>failover.storms</c>.</summary>
public sealed class StormOptions
{
    /// <summary>Whether it is. Requests that name no session never are. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often the same turn of the same session may come within <see cref="Window"/>; what comes beyond gets
    /// 429 with <c>Retry-After</c>. Default 20.</summary>
    public int Limit { get; set; } = 20;

    /// <summary>The time in which they are counted. Default 1 min.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>One rule of the list <c>failover.rules</c>: all conditions given must hold; one at least is needed.</summary>
public sealed record FailoverRuleOptions
{
    /// <summary>A piece of the error's text, in whatever case.</summary>
    public string? Match { get; set; }

    /// <summary>The HTTP status, or a class of them (<c>5xx</c>).</summary>
    public string? Status { get; set; }

    /// <summary>The error's code or type, in whatever case.</summary>
    public string? Code { get; set; }

    /// <summary>The upstream's name.</summary>
    public string? Provider { get; set; }

    /// <summary>What such an error means: a reason of <c>docs/failover.md</c>. Required.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Whether the same candidate may be asked again. Default: as the evidence has it.</summary>
    public bool? RetrySame { get; set; }

    /// <summary>Whether the next candidate may be asked. Default: as the reason has it.</summary>
    public bool? MayFallBack { get; set; }
}
