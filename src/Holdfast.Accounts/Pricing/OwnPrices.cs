namespace Holdfast.Accounts.Pricing;

/// <summary>Makes the price book out of the prices the program brings and those of the configuration.</summary>
public static class OwnPrices
{
    /// <summary>The source of a row that stands in the configuration.</summary>
    public const string Source = "the configuration";

    public static PriceBook BookWith(IReadOnlyList<PriceOptions> prices) => new([.. prices.Select(RowOf)]);

    private static PriceRow RowOf(PriceOptions price) => new()
    {
        Model = price.Model,
        Prices = TokenPrices.Of(price.Input, price.Output, price.CacheRead, price.CacheWrite5m, price.CacheWrite1h),
        TierOver = price.Tier?.Over,
        TierPrices = price.Tier is { } tier
            ? TokenPrices.Of(tier.Input, tier.Output, tier.CacheRead, tier.CacheWrite5m, tier.CacheWrite1h)
            : null,
        WebSearches = price.WebSearches,
        From = price.From,
        Source = Source,
        Confidence = "own",
    };
}
