namespace Holdfast.Accounts.Pricing;

/// <summary>What a model costs, one element of the list <c>prices</c>. Prices are in US dollars per million tokens.</summary>
public sealed class PriceOptions
{
    /// <summary>The model, in any of its spellings: with its maker's name before it or a date behind it, it is the same model.
    /// Required.</summary>
    public string Model { get; set; } = "";

    /// <summary>Input that no cache was involved in. Required; 0 for what costs nothing.</summary>
    public decimal Input { get; set; }

    /// <summary>Output, reasoning included. Required.</summary>
    public decimal Output { get; set; }

    /// <summary>Input read from the provider's cache. Default: as <c>input</c>.</summary>
    public decimal? CacheRead { get; set; }

    /// <summary>Input written to the provider's cache. Default: as <c>input</c>.</summary>
    public decimal? CacheWrite5m { get; set; }

    /// <summary>Input written to the provider's cache for an hour (Anthropic). Default: as <c>cacheWrite5m</c>.</summary>
    public decimal? CacheWrite1h { get; set; }

    /// <summary>US dollars per thousand web searches of the provider's own. Default: what the model's maker charges; nothing
    /// for a model of one's own.</summary>
    public decimal? WebSearches { get; set; }

    /// <summary>The day (UTC) from which it holds; the prices of before hold until then. Default: always.</summary>
    public DateOnly? From { get; set; }

    /// <summary>What large requests cost. Default: the same.</summary>
    public PriceTierOptions? Tier { get; set; }
}

/// <summary>The prices of large requests. Section <c>prices[].tier</c>.</summary>
public sealed class PriceTierOptions
{
    /// <summary>A request with more input than this, cache included, costs the prices below as a whole, output included.
    /// Required.</summary>
    public long Over { get; set; }

    /// <summary>Input that no cache was involved in. Required.</summary>
    public decimal Input { get; set; }

    /// <summary>Output, reasoning included. Required.</summary>
    public decimal Output { get; set; }

    /// <summary>Input read from the provider's cache. Default: as <c>input</c>.</summary>
    public decimal? CacheRead { get; set; }

    /// <summary>Input written to the provider's cache. Default: as <c>input</c>.</summary>
    public decimal? CacheWrite5m { get; set; }

    /// <summary>Input written to the provider's cache for an hour (Anthropic). Default: as <c>cacheWrite5m</c>.</summary>
    public decimal? CacheWrite1h { get; set; }
}
