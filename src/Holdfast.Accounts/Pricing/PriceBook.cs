using Holdfast.Wire.Usage;

namespace Holdfast.Accounts.Pricing;

/// <summary>What models cost and when: the prices that the program brings, and before them those of the configuration.
/// Read when first asked, then never changed; safe for any thread. A model it does not know has no price, never 0.</summary>
/// <param name="own">Prices of one's own. Each holds from its day on, until another one of the same model does; without a
/// provider it is a model's that the program may know, and then has that one's.</param>
public sealed class PriceBook(IReadOnlyList<PriceRow> own)
{
    private readonly Lazy<Dictionary<string, PriceRow[]>> _rows = new(() => RowsOf(own));

    /// <summary>The prices of a model at a time; null where none are known. Allocates nothing.</summary>
    public PriceRow? Find(string? model, DateTimeOffset at)
    {
        if (model is null)
        {
            return null;
        }

        Span<char> name = stackalloc char[PricedName.Longest];
        var length = PricedName.Normalise(model, name, out var provider);
        if (length == 0 || !_rows.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var rows))
        {
            return null;
        }

        var day = DateOnly.FromDateTime(at.UtcDateTime);
        foreach (var row in rows)
        {
            // Who names a maker means the model of that maker.
            if (row.HoldsOn(day) && (provider is null || row.Provider is null || row.Provider == provider))
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>What an answer of a model cost in US dollars; null where that is not known.</summary>
    public double? CostOf(string? model, DateTimeOffset at, in TokenUsage usage) => Find(model, at)?.CostOf(usage);

    /// <summary>Every row that holds at a time, one a model.</summary>
    public IReadOnlyList<PriceRow> At(DateTimeOffset at) =>
        [.. _rows.Value.Keys.Select(name => Find(name, at)).OfType<PriceRow>()];

    // For every name the rows in the order in which they are tried: one's own first, the newest first.
    private static Dictionary<string, PriceRow[]> RowsOf(IReadOnlyList<PriceRow> own)
    {
        var brought = PriceFile.Load().ToLookup(row => PricedName.Normalise(row.Model), StringComparer.Ordinal);
        var owned = own.ToLookup(row => PricedName.Normalise(row.Model), StringComparer.Ordinal);
        return brought.Select(rows => rows.Key).Union(owned.Select(rows => rows.Key), StringComparer.Ordinal).ToDictionary(
            name => name,
            name => owned[name].OrderByDescending(row => row.From)
                .Select(row => row with { Provider = row.Provider ?? brought[name].FirstOrDefault()?.Provider })
                .Concat(brought[name].OrderByDescending(row => row.From))
                .ToArray(),
            StringComparer.Ordinal);
    }
}
