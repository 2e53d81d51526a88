using FsCheck;
using FsCheck.Fluent;
using Holdfast.Journal;
using Holdfast.Tests.Wire;

namespace Holdfast.Tests.Journal;

/// <summary>What was added is read again, from any place that was not dropped, whatever the sizes.</summary>
public sealed class TurnBytesTests
{
    private static readonly Gen<(int[] Sizes, int Dropped, int Room)> Cases =
        from sizes in Gen.Choose(0, 5000).ArrayOf(12)
        from dropped in Gen.Choose(0, 100)
        from room in Gen.Choose(1, 9000)
        select (sizes, dropped, room);

    [Fact]
    public void Bytes_come_out_as_they_went_in_from_every_place_that_is_left() => Cases.HoldsFor(one =>
    {
        var all = new byte[one.Sizes.Sum()];
        new Random(one.Room).NextBytes(all);
        var bytes = new TurnBytes();
        var start = 0;
        foreach (var size in one.Sizes)
        {
            bytes.Append(all.AsSpan(start, size));
            start += size;
        }

        var kept = all.Length * one.Dropped / 100;
        bytes.DropBefore(kept);
        Assert.Equal(all.Length, bytes.End);
        Assert.InRange(bytes.Start, 0, kept);

        var target = new byte[one.Room];
        for (var position = bytes.Start; position < bytes.End; position += Math.Max(1, one.Room - 1))
        {
            var count = bytes.CopyTo(position, target);
            Assert.Equal(Math.Min(one.Room, bytes.End - position), count);
            Assert.True(all.AsSpan((int)position, count).SequenceEqual(target.AsSpan(0, count)));
        }

        Assert.Equal(0, bytes.CopyTo(bytes.End, target));
        bytes.Clear();
        Assert.Equal(0, bytes.Held);
    });

    /// <summary>Ten thousand turns that wait have mostly said little.</summary>
    [Fact]
    public void What_says_little_takes_little()
    {
        var bytes = new TurnBytes();
        bytes.Append(new byte[200]);
        Assert.InRange(bytes.Held, 200, 1024);

        bytes.Append(new byte[100_000]);
        Assert.InRange(bytes.Held, 100_200, 100_200 + (64 * 1024));
    }
}
