using Holdfast.Wire.Usage;

namespace Holdfast.Accounts.Pricing;

/// <summary>What tokens cost, in US dollars per million.</summary>
/// <param name="Input">Input that no cache was involved in.</param>
/// <param name="Output">Output, reasoning included.</param>
/// <param name="CacheRead">Input read from the cache.</param>
/// <param name="CacheWrite5m">Input written to the cache for the usual time.</param>
/// <param name="CacheWrite1h">Input written to the cache for an hour.</param>
public sealed record TokenPrices(
    decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite5m, decimal CacheWrite1h)
{
    /// <summary>Prices with blanks: a blank cache price is that of input, which is what providers without one charge; a blank
    /// 1h price is the 5m price.</summary>
    public static TokenPrices Of(
        decimal input, decimal output, decimal? cacheRead, decimal? cacheWrite5m, decimal? cacheWrite1h) =>
        new(input, output, cacheRead ?? input, cacheWrite5m ?? input, cacheWrite1h ?? cacheWrite5m ?? input);
}

/// <summary>The prices of one model on the days for which they hold.</summary>
public sealed record PriceRow
{
    private const decimal PerMillion = 0.000001m;

    /// <summary>Whose model it is; null for a model of one's own.</summary>
    public string? Provider { get; init; }

    /// <summary>The model's name as it is written in its source.</summary>
    public required string Model { get; init; }

    /// <summary>The prices.</summary>
    public required TokenPrices Prices { get; init; }

    /// <summary>A request with more input than this, cache included, costs <see cref="TierPrices"/> as a whole, output included;
    /// null where there is no such tier.</summary>
    public long? TierOver { get; init; }

    /// <summary>The prices beyond <see cref="TierOver"/>.</summary>
    public TokenPrices? TierPrices { get; init; }

    /// <summary>US dollars per thousand web searches; null where nothing is known: the provider's price then.</summary>
    public decimal? WebSearches { get; init; }

    /// <summary>The first day (UTC) on which it holds; null for always.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day on which it holds; null for ever.</summary>
    public DateOnly? To { get; init; }

    /// <summary>Where the figures are from.</summary>
    public string Source { get; init; } = "";

    /// <summary>How far they may be trusted.</summary>
    public string Confidence { get; init; } = "";

    /// <summary>Whether it holds on a day.</summary>
    public bool HoldsOn(DateOnly day) => (From is null || From <= day) && (To is null || day <= To);

    /// <summary>What an answer cost in US dollars, to a billionth; null where what it was served with has no known
    /// price.</summary>
    public double? CostOf(in TokenUsage usage)
    {
        var searches = usage.ServerToolRequests == 0 ? 0 : WebSearches ?? ServiceTerms.WebSearchesOf(Provider);
        if (ServiceTerms.FactorOf(this, usage) is not { } factor || searches is not { } perThousand)
        {
            return null;
        }

        var prices = usage.Input + usage.CacheRead + usage.CacheWrite > TierOver ? TierPrices! : Prices;
        var tokens = (usage.Input * prices.Input)
            + (usage.Output * prices.Output)
            + (usage.CacheRead * prices.CacheRead)
            + ((usage.CacheWrite - usage.CacheWrite1h) * prices.CacheWrite5m)
            + (usage.CacheWrite1h * prices.CacheWrite1h);
        var cost = (tokens * factor * PerMillion) + (usage.ServerToolRequests * perThousand / 1000);
        return (double)Math.Round(cost, 9, MidpointRounding.AwayFromZero);
    }
}
