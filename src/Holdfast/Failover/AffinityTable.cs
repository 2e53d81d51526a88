
namespace Holdfast.Failover;

/// <summary>Who answered a conversation last.</summary>
/// <param name="Candidate">The candidate's name.</param>
/// <param name="Credential">The credential's name, never the secret.</param>
/// <param name="CacheTokens">How many tokens its prompt cache holds, as the last answer told: what a move loses.</param>
internal readonly record struct AffinityEntry(string Candidate, string Credential, long CacheTokens);

/// <summary>Remembers which candidate and credential a conversation stays with. Owns no clock; bounded; safe for any
/// thread, and takes no memory for a conversation that stays.</summary>
internal sealed class AffinityTable(AffinityOptions options)
{
    /// <summary>How many conversations are remembered at most.</summary>
    public const int Most = 100_000;

    private readonly KeyShards<AffinityEntry> _shards = new(Most);
    private volatile AffinityOptions _options = options;

    public int Count => _shards.Count;

    /// <summary>From now on these settings hold; what is remembered stays.</summary>
    public void Follow(AffinityOptions settings) => _options = settings;

    /// <summary>Where a conversation was answered last; null for one that is new, or has rested too long.</summary>
    public AffinityEntry? Find(AffinityKey key, DateTimeOffset now)
    {
        if (!_options.Enabled)
        {
            return null;
        }

        var shard = _shards.Of(key.Value);
        lock (shard.Gate)
        {
            var slot = shard.Find(key.Value);
            if (slot < 0 || now - shard.LastUsed(slot) > _options.Ttl)
            {
                return null;
            }

            shard.Touch(slot, now);
            return shard[slot];
        }
    }

    /// <summary>A conversation was answered there.</summary>
    public void Note(AffinityKey key, string candidate, string credential, long cacheTokens, DateTimeOffset now)
    {
        if (!_options.Enabled)
        {
            return;
        }

        var shard = _shards.Of(key.Value);
        lock (shard.Gate)
        {
            var slot = shard.Find(key.Value);
            if (slot < 0)
            {
                slot = shard.Add(key.Value, now);
            }

            shard.Touch(slot, now);
            shard[slot] = new AffinityEntry(candidate, credential, cacheTokens);
        }
    }
}
