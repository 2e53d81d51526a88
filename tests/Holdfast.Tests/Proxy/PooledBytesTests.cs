using System.Buffers;
using Holdfast.Proxy;

namespace Holdfast.Tests.Proxy;

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
