namespace Holdfast.Failover;

/// <summary>By what a conversation is recognised, the surest first.</summary>
internal enum AffinityKind
{
    /// <summary>A session header.</summary>
    Session,

    /// <summary><c>metadata.user_id</c>.</summary>
    User,

    /// <summary><c>prompt_cache_key</c>.</summary>
    CacheKey,

    /// <summary>The stable beginning of the conversation itself.</summary>
    Prefix,
}

/// <summary>Stands for one conversation of one principal; nothing of either can be read from it.</summary>
internal readonly record struct AffinityKey(UInt128 Value)
{
    /// <param name="kind">By what the conversation is recognised.</param>
    /// <param name="principal">Whose it is: one client's session is not another's.</param>
    /// <param name="conversation">The session's id, or whatever the kind stands for.</param>
    /// <param name="route">What else keeps conversations apart. A session's turns for different models are best kept on
    /// different candidates: name the route here.</param>
    public static AffinityKey From(
        AffinityKind kind, ReadOnlySpan<byte> principal, ReadOnlySpan<byte> conversation,
        ReadOnlySpan<byte> route = default) =>
        new(KeyDigest.Of(DomainOf(kind), principal, conversation, route));

    /// <summary>Where a candidate stands on this conversation's own scale: evenly spread over (0, 1), the same after a
    /// restart, and for each candidate whatever the others are.</summary>
    public double Share(string candidate)
    {
        // FNV-1a, then twice the finaliser of SplitMix64: names are short and alike, the keys are random already.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var letter in candidate)
        {
            hash = (hash ^ letter) * 1_099_511_628_211UL;
        }

        hash = Mix(Mix(hash ^ (ulong)Value) ^ (ulong)(Value >> 64));
        return ((hash >> 11) + 0.5) / (1UL << 53);
    }

    private static ReadOnlySpan<byte> DomainOf(AffinityKind kind) => kind switch
    {
        AffinityKind.Session => "affinity:session"u8,
        AffinityKind.User => "affinity:user"u8,
        AffinityKind.CacheKey => "affinity:cache-key"u8,
        _ => "affinity:prefix"u8,
    };

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
