using System.Globalization;

namespace Holdfast.Accounts.Pricing;

/// <summary>Reads the prices that the program brings (<c>prices.csv</c>, whose head says what its columns mean).</summary>
internal static class PriceFile
{
    private const string Columns = "provider,model,input,output,cache_read,cache_write_5m,cache_write_1h,context,max_output,"
        + "tier_over,tier_input,tier_output,tier_cache_read,tier_cache_write,effective_from,effective_to,source,confidence";

    public static IReadOnlyList<PriceRow> Load()
    {
        using var file = typeof(PriceFile).Assembly.GetManifestResourceStream("prices.csv")!;
        using var reader = new StreamReader(file);
        return Read(reader);
    }

    /// <exception cref="FormatException">A line is no row of prices.</exception>
    public static IReadOnlyList<PriceRow> Read(TextReader text)
    {
        var rows = new List<PriceRow>();
        var hasHead = false;
        for (var number = 1; text.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!hasHead)
            {
                hasHead = line == Columns ? true : throw new FormatException($"prices.csv, line {number}: the columns are others.");
                continue;
            }

            try
            {
                rows.Add(RowOf(line.Split(',')));
            }
            catch (Exception wrong) when (wrong is FormatException or IndexOutOfRangeException)
            {
                throw new FormatException($"prices.csv, line {number}: {wrong.Message}", wrong);
            }
        }

        return rows;
    }

    private static PriceRow RowOf(string[] cells)
    {
        if (cells.Length != 18)
        {
            throw new FormatException($"{cells.Length} cells in the place of 18.");
        }

        var tierOver = Price(cells[9]);
        return new PriceRow
        {
            Provider = cells[0],
            Model = cells[1],
            Prices = TokenPrices.Of(Needed(cells[2]), Needed(cells[3]), Price(cells[4]), Price(cells[5]), Price(cells[6])),
            TierOver = (long?)tierOver,
            TierPrices = tierOver is null ? null : TierOf(cells),
            From = Day(cells[14]),
            To = Day(cells[15]),
            Source = cells[16],
            Confidence = cells[17],
        };
    }

    // The file has no column for the 1h writes of a tier: Anthropic's cost twice the input everywhere.
    private static TokenPrices TierOf(string[] cells)
    {
        var input = Needed(cells[10]);
        return TokenPrices.Of(
            input, Needed(cells[11]), Price(cells[12]), Price(cells[13]), cells[0] == "anthropic" ? 2 * input : null);
    }

    private static decimal Needed(string cell) => Price(cell) ?? throw new FormatException("A price is missing.");

    private static decimal? Price(string cell) =>
        cell.Length == 0 ? null : decimal.Parse(cell, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static DateOnly? Day(string cell) =>
        cell.Length == 0 ? null : DateOnly.ParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
