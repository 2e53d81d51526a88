using Holdfast.Wire.Usage;

namespace Holdfast.Accounts.Pricing;

/// <summary>What a provider charges beside its prices of tokens: by the service tier, the place and the web searches.</summary>
internal static class ServiceTerms
{
    /// <summary>In the United States only, at Anthropic.</summary>
    private const decimal UsOnly = 1.1m;

    /// <summary>What the prices of tokens are multiplied by; null where that is not known. A model of one's own costs what
    /// was written for it, however it was served.</summary>
    public static decimal? FactorOf(PriceRow row, in TokenUsage usage) => (row.Provider, usage.ServiceTier) switch
    {
        (null, _) => 1,
        ("anthropic", null or "standard") => usage.IsUsOnly ? UsOnly : 1,
        ("anthropic", "batch") => 0.5m * (usage.IsUsOnly ? UsOnly : 1),
        ("anthropic", "fast") when HasFastMode(row.Model) => 2 * (usage.IsUsOnly ? UsOnly : 1),
        (_, null or "standard") => 1,
        ("openai", "flex" or "batch") => 0.5m,
        ("openai", "priority" or "fast") => 2,
        _ => null,
    };

    /// <summary>US dollars per thousand web searches; null where that is not known.</summary>
    public static decimal? WebSearchesOf(string? provider) => provider switch
    {
        null => 0,
        "anthropic" or "openai" => 10,
        _ => null,
    };

    /// <summary>Whose fast mode has a known price: twice that of the model.</summary>
    private static bool HasFastMode(string model)
    {
        Span<char> name = stackalloc char[PricedName.Longest];
        return name[..PricedName.Normalise(model, name, out _)] is "claude-opus-5-5" or "claude-opus-5" or "claude-opus-4-8";
    }
}
