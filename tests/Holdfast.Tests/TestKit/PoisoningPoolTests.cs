using Holdfast.TestKit;

namespace Holdfast.Tests.TestKit;

public sealed class PoisoningPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void What_is_given_back_is_overwritten_at_once_and_nothing_else_is_lent(int length)
    {
        var pool = new PoisoningPool();
        var array = pool.Rent(length);
        Assert.True(array.Length >= length);
        Assert.Equal(-1, array.AsSpan().IndexOfAnyExcept(PoisoningPool.Poison));
        array.AsSpan().Clear();

        pool.Return(array);

        Assert.Equal(-1, array.AsSpan().IndexOfAnyExcept(PoisoningPool.Poison));
    }

    [Fact]
    public void An_array_is_taken_back_once_and_only_where_it_was_rented()
    {
        var pool = new PoisoningPool();
        var array = pool.Rent(64);
        pool.Return(array);

        Assert.Throws<InvalidOperationException>(() => pool.Return(array));
        Assert.Throws<InvalidOperationException>(() => pool.Return(new byte[64]));

        Assert.Equal(2, pool.Faults.Count);
    }

    [Fact]
    public void Whoever_writes_into_an_array_after_it_was_given_back_is_found_out_when_it_is_lent_again()
    {
        const int Length = 8 * 1024 * 1024;
        var pool = new PoisoningPool();
        var arrays = Enumerable.Range(0, 3).Select(_ => pool.Rent(Length)).ToList();
        arrays.ForEach(array => pool.Return(array));
        arrays[0][5] = 1;

        Assert.Throws<InvalidOperationException>(() => pool.Rent(Length));

        Assert.Single(pool.Faults);
    }
}
