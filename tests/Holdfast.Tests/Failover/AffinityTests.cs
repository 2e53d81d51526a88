using System.Text;
using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>A conversation stays where it was answered last, and equal candidates share conversations by weight.</summary>
public sealed class AffinityTests
{
    private static readonly AffinityKey Key = KeyOf("conversation");

    private readonly AffinityTable _table = new(new AffinityOptions());
    private DateTimeOffset _now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private static AffinityKey KeyOf(string conversation) =>
        AffinityKey.From(AffinityKind.Session, "principal"u8, Encoding.UTF8.GetBytes(conversation));

    [Fact]
    public void A_conversation_is_found_where_it_was_answered_last()
    {
        Assert.Null(_table.Find(Key, _now));

        _table.Note(Key, "anthropic", "KEY_A", 12_000, _now);
        Assert.Equal(new AffinityEntry("anthropic", "KEY_A", 12_000), _table.Find(Key, _now));

        _table.Note(Key, "second", "KEY_B", 0, _now);
        Assert.Equal(new AffinityEntry("second", "KEY_B", 0), _table.Find(Key, _now));
        Assert.Null(_table.Find(KeyOf("another"), _now));
    }

    [Fact]
    public void It_is_forgotten_when_it_has_rested_too_long_and_each_use_counts()
    {
        _table.Note(Key, "anthropic", "KEY_A", 1, _now);
        for (var i = 0; i < 5; i++)
        {
            _now += TimeSpan.FromMinutes(59);
            Assert.NotNull(_table.Find(Key, _now));
        }

        _now += TimeSpan.FromMinutes(61);

        Assert.Null(_table.Find(Key, _now));
        _table.Note(Key, "anthropic", "KEY_A", 1, _now);
        Assert.NotNull(_table.Find(Key, _now));
    }

    [Fact]
    public void Switched_off_nothing_is_remembered()
    {
        var table = new AffinityTable(new AffinityOptions { Enabled = false });

        table.Note(Key, "anthropic", "KEY_A", 1, _now);

        Assert.Null(table.Find(Key, _now));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Of_too_many_conversations_the_ones_at_rest_are_forgotten()
    {
        _table.Note(Key, "anthropic", "KEY_A", 1, _now);
        for (var i = 0; i < 3 * AffinityTable.Most; i++)
        {
            _now += TimeSpan.FromMilliseconds(1);
            var another = new AffinityKey(KeyDigest.Of("test"u8, BitConverter.GetBytes(i), default, default));
            _table.Note(another, "x", "y", 0, _now);
            if (i % 100 == 0)
            {
                Assert.NotNull(_table.Find(Key, _now));
            }
        }

        Assert.InRange(_table.Count, AffinityTable.Most - 16, AffinityTable.Most);
    }

    [Fact]
    public void A_conversation_that_stays_takes_no_memory()
    {
        _table.Note(Key, "anthropic", "KEY_A", 1, _now);

        Assert.Contains(0, Enumerable.Range(0, 20).Select(_ => BytesOfAThousand()));
    }

    private long BytesOfAThousand()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            var key = AffinityKey.From(AffinityKind.Session, "principal"u8, "conversation"u8);
            var entry = _table.Find(key, _now)!.Value;
            _table.Note(key, entry.Candidate, entry.Credential, i, _now);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Many_threads_at_once_lose_no_conversation()
    {
        Parallel.For(0, 20_000, i =>
        {
            var key = KeyOf($"{i % 2_000}");
            _table.Note(key, $"candidate-{i % 2_000}", "KEY", i, _now);
            Assert.Equal($"candidate-{i % 2_000}", _table.Find(key, _now)!.Value.Candidate);
        });

        Assert.Equal(2_000, _table.Count);
    }

    [Fact]
    public void Keys_differ_in_every_part_and_in_where_the_parts_end()
    {
        AffinityKey[] keys =
        [
            AffinityKey.From(AffinityKind.Session, "ab"u8, "c"u8),
            AffinityKey.From(AffinityKind.User, "ab"u8, "c"u8),
            AffinityKey.From(AffinityKind.CacheKey, "ab"u8, "c"u8),
            AffinityKey.From(AffinityKind.Prefix, "ab"u8, "c"u8),
            AffinityKey.From(AffinityKind.Session, "a"u8, "bc"u8),
            AffinityKey.From(AffinityKind.Session, "ab"u8, "d"u8),
            AffinityKey.From(AffinityKind.Session, "ab"u8, "c"u8, "route"u8),
            AffinityKey.From(AffinityKind.Session, "ab"u8, ""u8, "c"u8),
            new(StormKey.From("ab"u8, "c"u8, ""u8).Value),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], AffinityKey.From(AffinityKind.Session, "ab"u8, "c"u8));
    }

    [Fact]
    public void A_candidates_share_is_the_same_after_a_restart()
    {
        var share = new AffinityKey(new UInt128(0x0123456789ABCDEF, 0xFEDCBA9876543210)).Share("anthropic/claude-opus-4-6");

        Assert.Equal(0.4079616339739918, share, 15);
    }

    [Fact]
    public void Shares_are_evenly_spread_even_over_keys_that_follow_each_other()
    {
        var tenths = new int[10];
        for (var i = 0; i < 10_000; i++)
        {
            var share = new AffinityKey((UInt128)i).Share("anthropic");
            Assert.InRange(share, double.Epsilon, 1 - double.Epsilon);
            tenths[(int)(share * 10)]++;
        }

        Assert.All(tenths, count => Assert.InRange(count, 900, 1_100));
    }

    /// <summary>Weights, and the share of a hundred thousand conversations that come first to each.</summary>
    public static TheoryData<double[], double[]> Weights => new()
    {
        { [2, 1], [2 / 3.0, 1 / 3.0] },
        { [1, 1], [0.5, 0.5] },
        { [1, 1, 2], [0.25, 0.25, 0.5] },
        { [9, 1], [0.9, 0.1] },
        { [1, 0], [1, 0] },
    };

    [Theory]
    [MemberData(nameof(Weights))]
    public void Conversations_are_shared_by_weight(double[] weights, double[] shares)
    {
        var firsts = new int[weights.Length];
        for (var i = 0; i < 100_000; i++)
        {
            firsts[Order(KeyOf($"{i}"), weights)[0]]++;
        }

        for (var i = 0; i < shares.Length; i++)
        {
            Assert.InRange(firsts[i] / 100_000.0, shares[i] * 0.95, shares[i] * 1.05);
        }
    }

    [Fact]
    public void Without_one_candidate_the_order_of_the_others_stays()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var key = KeyOf($"{i}");

            var all = Order(key, [3, 2, 1, 1]);

            Assert.Equal(all.Where(candidate => candidate != 3), Order(key, [3, 2, 1]));
        }
    }

    private static int[] Order(AffinityKey key, double[] weights)
    {
        var candidates = Enumerable.Range(0, weights.Length);
        return [.. candidates.OrderBy(candidate => WeightedOrder.Score(key, $"candidate-{candidate}", weights[candidate]))];
    }
}
