using Holdfast.Wire.Bytes;
using System.Buffers;
using Holdfast.TestKit;

namespace Holdfast.Tests.Wire;

/// <summary>What is put into pooled bytes comes out as it was, whatever its length and its pieces.</summary>
public sealed class PooledBytesTests
{
    private const int Segment = 64 * 1024;

    /// <summary>Around every border: nothing, the first segment's, the larger segments', far beyond.</summary>
    public static TheoryData<int, int> LengthsAndExpectations
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (var length in (ReadOnlySpan<int>)[0, 1, 4095, 4096, 4097, Segment - 1, Segment, Segment + 1,
                         4096 + Segment, 4097 + Segment, (3 * Segment) + 1])
            {
                foreach (var expected in (ReadOnlySpan<int>)[0, 1, 100, Segment - 1, Segment, 4 * Segment])
                {
                    data.Add(length, expected);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(LengthsAndExpectations))]
    public void Bytes_appended_come_back(int length, int expected)
    {
        using var bytes = new PooledBytes(expected);
        var wanted = Pattern(length);

        bytes.Append(new ReadOnlySequence<byte>(wanted));

        Assert.Equal(length, bytes.Length);
        Assert.Equal(wanted, bytes.Bytes.ToArray());
        Assert.Equal(length, bytes.Bytes.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public void Bytes_written_in_pieces_come_back(int piece)
    {
        using var bytes = new PooledBytes();
        var wanted = Pattern(200_000);

        for (var at = 0; at < wanted.Length;)
        {
            var room = bytes.GetMemory();
            Assert.False(room.IsEmpty);
            var count = Math.Min(Math.Min(piece, room.Length), wanted.Length - at);
            wanted.AsSpan(at, count).CopyTo(room.Span);
            bytes.Advance(count);
            at += count;
        }

        Assert.Equal(wanted, bytes.Bytes.ToArray());
    }

    [Fact]
    public void No_segment_is_larger_than_64_kilobytes()
    {
        using var bytes = new PooledBytes(10 * Segment);

        bytes.Append(new ReadOnlySequence<byte>(Pattern(10 * Segment)));

        foreach (var part in bytes.Bytes)
        {
            Assert.InRange(part.Length, 1, Segment);
        }
    }

    [Fact]
    public void Room_that_was_asked_for_and_not_used_changes_nothing()
    {
        using var bytes = new PooledBytes();
        bytes.Append(new ReadOnlySequence<byte>(Pattern(4096)));

        bytes.GetMemory();
        bytes.GetMemory();

        Assert.Equal(Pattern(4096), bytes.Bytes.ToArray());
    }

    [Fact]
    public void Given_back_it_is_empty_and_may_be_given_back_again()
    {
        var bytes = new PooledBytes();
        bytes.Append(new ReadOnlySequence<byte>(Pattern(100_000)));

        bytes.Dispose();
        bytes.Dispose();

        Assert.Equal(0, bytes.Length);
        Assert.True(bytes.Bytes.IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_memory_goes_back_when_the_owner_and_all_leases_have_let_it_go(int leases)
    {
        // In every order: the owner's turn is the first, the second …, the last.
        for (var owners = 0; owners <= leases; owners++)
        {
            var bytes = new PooledBytes();
            bytes.Append(new ReadOnlySequence<byte>(Pattern(100_000)));
            Assert.All(Enumerable.Range(0, leases), _ => Assert.True(bytes.TryLease()));
            var leased = bytes.Bytes;

            for (var turn = 0; turn <= leases; turn++)
            {
                Assert.Equal(Pattern(100_000), leased.ToArray());
                (turn == owners ? (Action)bytes.Dispose : bytes.EndLease)();
            }

            Assert.Equal(-1, leased.FirstSpan.IndexOfAnyExcept(PoisoningPool.Poison));
            Assert.False(bytes.TryLease());
        }
    }

    [Fact]
    public async Task Leases_taken_and_ended_on_many_threads_never_see_memory_that_went_back()
    {
        var expected = Pattern(20_000);
        for (var round = 0; round < 100; round++)
        {
            var bytes = new PooledBytes();
            bytes.Append(new ReadOnlySequence<byte>(expected));
            var seen = bytes.Bytes;
            using var together = new Barrier(3);

            bool Read()
            {
                together.SignalAndWait();
                var isRight = true;
                while (bytes.TryLease())
                {
                    isRight &= seen.ToArray().AsSpan().SequenceEqual(expected);
                    bytes.EndLease();
                }

                return isRight;
            }

            Task<bool> OnAThreadOfItsOwn() => Task.Factory.StartNew(
                Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

            Task<bool>[] readers = [OnAThreadOfItsOwn(), OnAThreadOfItsOwn()];
            together.SignalAndWait();
            bytes.Dispose();

            Assert.All(await Task.WhenAll(readers), Assert.True);
        }
    }

    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8));
        }

        return bytes;
    }
}
