using System.Collections.Concurrent;
using Holdfast.Exchanges;

namespace Holdfast.Tests.Proxy;

/// <summary>Ids of exchanges are UUIDs of version 7: unique, and in the order of time.</summary>
public sealed class ExchangeIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void An_id_is_a_uuid_of_version_7_that_begins_with_its_time()
    {
        var id = Guid.ParseExact(ExchangeIds.Next(Now), "n");

        var time = Convert.ToInt64(id.ToString("n")[..12], 16);

        Assert.Equal((7, 8), (id.Version, id.Variant & 0xC));
        Assert.Equal(Now.ToUnixTimeMilliseconds(), time);
    }

    [Fact]
    public void A_later_id_sorts_behind_an_earlier_one()
    {
        var earlier = ExchangeIds.Next(Now);
        var later = ExchangeIds.Next(Now.AddMilliseconds(1));

        Assert.True(string.CompareOrdinal(earlier, later) < 0);
    }

    [Fact]
    public void No_two_ids_are_the_same_on_any_thread()
    {
        var ids = new ConcurrentBag<string>();

        Parallel.For(0, 10_000, _ => ids.Add(ExchangeIds.Next(Now)));

        Assert.Equal(10_000, ids.Distinct().Count());
    }
}
