using System.Globalization;
using Holdfast.Accounts.Pricing;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Accounts;

/// <summary>What an answer cost, by the model, the day, the size and the way it was served. What is not known stays unknown.</summary>
public sealed class PriceBookTests
{
    private const long Million = 1_000_000;

    private static readonly PriceBook Book = new([]);
    private static readonly DateTimeOffset Today = At("2026-11-20");

    public static TheoryData<string, string> Models =>
        [.. PriceFile.Load().Select(row => (row.Provider!, row.Model)).Distinct()];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_model_finds_itself_however_it_is_spelled(string provider, string model)
    {
        string[] spellings =
        [
            model, model.ToUpperInvariant(), model.Replace('.', '-'), $"{provider}/{model}", $"{model}-20261102", $"{model}-2026-11-02",
            $"{model}[1m]", $"{model}-latest",
        ];

        Assert.All(
            spellings,
            spelling => Assert.Equal(
                (provider, model), Book.Find(spelling, Today) is { } row ? (row.Provider, row.Model) : default));
    }

    [Fact]
    public void No_two_models_share_a_name_and_no_model_has_two_prices_on_one_day()
    {
        var rows = PriceFile.Load();

        Assert.All(rows.GroupBy(row => PricedName.Normalise(row.Model)), model =>
        {
            Assert.Single(model.Select(row => row.Model).Distinct());
            var days = model.OrderBy(row => row.From ?? DateOnly.MinValue).ToArray();
            Assert.All(days.Zip(days.Skip(1)), pair => Assert.Equal(pair.First.To?.AddDays(1), pair.Second.From));
        });
        Assert.All(rows, row => Assert.NotEmpty(row.Source));
        Assert.All(rows, row => Assert.NotEmpty(row.Confidence));
    }

    [Theory]
    [InlineData("claude-sonnet-5-6")]
    [InlineData("claude-sonnet")]
    [InlineData("claude-sonnet-5-5-fast")]
    [InlineData("claude-opus-5-50")]
    [InlineData("gpt-5.6")]
    [InlineData("gpt-5.4-turbo")]
    [InlineData("gemini-3.8-flash-preview-05-20")]
    [InlineData("gpt-6-astra-pro")]
    [InlineData("openrouter/anthropic/claude-opus-5-5")]
    [InlineData("openai/claude-opus-5-5")]
    [InlineData("anthropic/anthropic/claude-opus-5-5")]
    [InlineData("us.anthropic.claude-opus-4-5-20251101-v1:0")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_name_of_a_model_has_no_price(string? model)
    {
        Assert.Null(Book.Find(model, Today));
        Assert.Null(Book.CostOf(model, Today, new TokenUsage(1, 1, 0, 0)));
    }

    [Theory]
    [InlineData("claude-sonnet-5", "claude-sonnet-5", "0.2")]
    [InlineData("claude-sonnet-5-5", "claude-sonnet-5-5", "0.1")]
    [InlineData("gpt-5", "gpt-5", "0.125")]
    [InlineData("gpt-5.6-sol", "gpt-5.6-sol", "0.4")]
    [InlineData("gpt-5-mini", "gpt-5-mini", "0.025")]
    [InlineData("claude-opus-4", "claude-opus-4", "1.5")]
    [InlineData("claude-opus-4-20250514", "claude-opus-4", "1.5")]
    [InlineData("deepseek-chat", "deepseek-chat", "0.0028")]
    public void A_shorter_name_is_another_model(string asked, string found, string cacheRead)
    {
        var row = Book.Find(asked, Today)!;

        Assert.Equal((found, decimal.Parse(cacheRead, CultureInfo.InvariantCulture)), (row.Model, row.Prices.CacheRead));
    }

    [Theory]
    [InlineData("claude-sonnet-5-5", "2026-09-27", null)]
    [InlineData("claude-sonnet-5-5", "2026-09-28", 0.2)]
    [InlineData("claude-sonnet-5-5", "2026-10-06", 0.2)]
    [InlineData("claude-sonnet-5-5", "2026-10-07", 0.1)]
    [InlineData("gpt-5.6-sol", "2026-07-08", null)]
    [InlineData("gpt-5.6-sol", "2026-08-20", 0.5)]
    [InlineData("gpt-5.6-sol", "2026-08-21", 0.4)]
    [InlineData("gpt-5.6-sol", "2027-08-21", 0.4)]
    [InlineData("gemini-4-argon", "2020-01-01", 0.1)]
    [InlineData("gemini-4-argon", "2026-11-30", 0.1)]
    [InlineData("gemini-4-argon", "2026-12-01", 0.2)]
    [InlineData("gemini-3.8-flash", "2026-12-31", 0.075)]
    [InlineData("gemini-3.8-flash", "2027-01-01", 0.15)]
    public void Each_day_has_its_price_to_its_last_moment(string model, string day, double? cacheRead)
    {
        DateTimeOffset[] moments =
        [
            At(day), At(day).AddDays(1).AddTicks(-1), At(day).ToOffset(TimeSpan.FromHours(-8)), At(day).ToOffset(TimeSpan.FromHours(9)),
        ];

        Assert.All(moments, moment =>
            Assert.Equal(cacheRead, Book.CostOf(model, moment, new TokenUsage(0, 0, Million / 10, 0)) * 10));
    }

    [Theory]
    [InlineData("claude-haiku-5-5", 100_000, 0.1, 0.5)]
    [InlineData("claude-sonnet-4-5", 200_000, 3, 6)]
    [InlineData("gpt-6.2-sol", 272_000, 2, 4)]
    [InlineData("gemini-2.5-pro", 200_000, 1.25, 2.5)]
    public void One_token_beyond_the_threshold_the_whole_request_costs_more(string model, long threshold, double below, double beyond)
    {
        Assert.Equal(threshold * below / Million, CostOf(threshold, 0, 0), 9);
        Assert.Equal((threshold + 1) * beyond / Million, CostOf(threshold + 1, 0, 0), 9);

        // What the cache was involved in counts as well, what was put out does not.
        Assert.True(CostOf(1, threshold - 1, 0) < CostOf(2, threshold - 1, 0) / 1.5);
        Assert.True(CostOf(1, 0, threshold - 1) < CostOf(2, 0, threshold - 1) / 1.5);

        double CostOf(long input, long read, long written) =>
            Book.CostOf(model, Today, new TokenUsage(input, 0, read, written))!.Value;
    }

    [Fact]
    public void The_output_of_a_large_request_costs_the_tier_too()
    {
        Assert.Equal(10, Book.CostOf("gpt-6.2-sol", Today, new TokenUsage(0, Million, 0, 0)));
        Assert.Equal(15 + 1.088004, Book.CostOf("gpt-6.2-sol", Today, new TokenUsage(272_001, Million, 0, 0)));
    }

    public static TheoryData<string, TokenUsage, double> Costs => new()
    {
        { "claude-opus-5-5", new TokenUsage(Million, 0, 0, 0), 4 },
        { "claude-opus-5-5", new TokenUsage(0, Million, 0, 0), 20 },
        { "claude-opus-5-5", new TokenUsage(0, 0, Million, 0), 0.2 },
        { "claude-opus-5-5", new TokenUsage(0, 0, 0, Million), 5 },
        { "claude-opus-5-5", new TokenUsage(0, 0, 0, Million) { CacheWrite1h = Million }, 8 },
        { "claude-opus-5-5", new TokenUsage(0, 0, 0, Million) { CacheWrite1h = 250_000 }, 5.75 },
        { "claude-opus-5-5", new TokenUsage(0, Million, 0, 0) { Reasoning = 900_000 }, 20 },
        { "claude-opus-5-5", new TokenUsage(12, 210, 48_000, 900), 0.018348 },
        { "claude-opus-5-5", new TokenUsage(0, 0, 0, 0), 0 },

        // Large requests: the table has no price of 1h writes there, they cost twice the input.
        { "claude-haiku-5-5", new TokenUsage(0, 0, 0, Million) { CacheWrite1h = Million }, 1 },
        { "claude-sonnet-4-5", new TokenUsage(0, 0, 0, Million) { CacheWrite1h = Million }, 12 },

        // Before GPT-5.6 nothing is charged for writing: what was written is input. Longer writes are not told apart.
        { "gpt-5.4-mini", new TokenUsage(0, 0, 0, Million), 0.75 },
        { "gpt-5.6-luna", new TokenUsage(0, 0, 0, 100_000), 0.025 },
        { "gpt-5.6-luna", new TokenUsage(0, 0, 0, 100_000) { CacheWrite1h = 100_000 }, 0.025 },

        // Its cache prices are not known.
        { "gpt-6.2-astra", new TokenUsage(0, 0, Million, 0), 8 },
        { "gpt-5.5-pro", new TokenUsage(0, 0, Million, 0), 60 },

        // To a billionth.
        { "claude-haiku-5-5", new TokenUsage(0, 0, 1, 0), 0.00000001 },
        { "deepseek-v4-flash", new TokenUsage(0, 0, 1, 0), 0.000000003 },
        { "deepseek-v4-flash", new TokenUsage(1, 0, 0, 0), 0.00000014 },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void Each_kind_of_token_has_its_price(string model, TokenUsage usage, double expected) =>
        Assert.Equal(expected, Book.CostOf(model, Today, usage));

    [Theory]
    [InlineData("claude-sonnet-5", null, 2.0)]
    [InlineData("claude-sonnet-5", "standard", 2.0)]
    [InlineData("claude-sonnet-5", "batch", 1.0)]
    [InlineData("claude-sonnet-5", "fast", null)]
    [InlineData("claude-sonnet-5", "priority", null)]
    [InlineData("claude-opus-4-8", "fast", 10.0)]
    [InlineData("claude-opus-5", "fast", 10.0)]
    [InlineData("claude-opus-5-5", "fast", 8.0)]
    [InlineData("gpt-5.4-mini", "standard", 0.75)]
    [InlineData("gpt-5.4-mini", "flex", 0.375)]
    [InlineData("gpt-5.4-mini", "batch", 0.375)]
    [InlineData("gpt-5.4-mini", "priority", 1.5)]
    [InlineData("gpt-5.4-mini", "fast", 1.5)]
    [InlineData("gpt-5.4-mini", "ultrafast", null)]
    [InlineData("gpt-5.4-mini", "scale", null)]
    [InlineData("kimi-k3", "standard", 3.0)]
    [InlineData("kimi-k3", "flex", null)]
    public void A_service_tier_has_its_price_or_none(string model, string? tier, double? expected) =>
        Assert.Equal(expected, Book.CostOf(model, Today, new TokenUsage(Million, 0, 0, 0) { ServiceTier = tier }));

    [Theory]
    [InlineData("claude-sonnet-5", null, 2.2)]
    [InlineData("claude-sonnet-5", "batch", 1.1)]
    [InlineData("claude-opus-5-5", "fast", 8.8)]
    [InlineData("kimi-k3", null, 3.0)]
    public void The_United_States_alone_cost_more_at_Anthropic(string model, string? tier, double expected) =>
        Assert.Equal(expected, Book.CostOf(model, Today, new TokenUsage(Million, 0, 0, 0) { ServiceTier = tier, IsUsOnly = true }));

    [Theory]
    [InlineData("claude-sonnet-5", "standard", 2.03)]
    [InlineData("claude-sonnet-5", "batch", 1.03)]
    [InlineData("gpt-4.1", null, 2.03)]
    [InlineData("kimi-k3", null, null)]
    public void Web_searches_cost_by_number(string model, string? tier, double? expected) =>
        Assert.Equal(expected, Book.CostOf(model, Today, new TokenUsage(Million, 0, 0, 0) { ServerToolRequests = 3, ServiceTier = tier }));

    [Fact]
    public void Own_prices_go_before_those_of_the_book_from_their_day_on()
    {
        var book = new PriceBook(
        [
            Own("Anthropic/claude-opus-5.5", 1) with { From = new(2026, 11, 20) },
            Own("claude-opus-5-5", 3) with { From = new(2026, 12, 1) },
            Own("gpt-5.6-sol", 5),
        ]);

        double?[] input = [.. new[] { "2026-09-21", "2026-11-19", "2026-11-20", "2026-11-30", "2026-12-01", "2027-12-01" }
            .Select(day => book.CostOf("claude-opus-5-5", At(day), new TokenUsage(Million, 0, 0, 0)))];

        Assert.Equal([null, 4, 1, 1, 3, 3], input);
        Assert.Equal(5, book.CostOf("gpt-5.6-sol", At("2020-01-01"), new TokenUsage(Million, 0, 0, 0)));
    }

    /// <summary>A price of one's own is what its maker's tiers are reckoned from.</summary>
    [Fact]
    public void Own_prices_of_a_known_model_keep_what_its_provider_charges_beside_them()
    {
        var book = new PriceBook([Own("gpt-5.6-sol", 6)]);

        Assert.Equal(3, book.CostOf("openai/gpt-5.6-sol", Today, new TokenUsage(Million, 0, 0, 0) { ServiceTier = "flex" }));
        Assert.Null(book.CostOf("gpt-5.6-sol", Today, new TokenUsage(Million, 0, 0, 0) { ServiceTier = "ultrafast" }));
        Assert.Equal(0.01, book.CostOf("gpt-5.6-sol", Today, new TokenUsage(0, 0, 0, 0) { ServerToolRequests = 1 }));
        Assert.Null(book.CostOf("xai/gpt-5.6-sol", Today, new TokenUsage(1, 0, 0, 0)));
    }

    [Fact]
    public void A_model_of_ones_own_costs_what_was_written_and_may_cost_nothing()
    {
        var book = new PriceBook([Own("llama-at-home", 0), Own("nim/private", 2) with { WebSearches = 5 }]);

        Assert.Equal(0, book.CostOf("Llama-At-Home", Today, new TokenUsage(9, 9, 9, 9) { ServiceTier = "on_demand", ServerToolRequests = 9 }));
        Assert.Equal(2.01, book.CostOf("nim/private", Today, new TokenUsage(Million, 0, 0, 0) { ServerToolRequests = 2 }));
        Assert.Null(book.CostOf("private", Today, new TokenUsage(1, 0, 0, 0)));
    }

    [Fact]
    public void Looking_up_and_pricing_allocate_nothing()
    {
        var usage = new TokenUsage(12, 210, 48_000, 900) { ServiceTier = "fast", IsUsOnly = true };
        string[] names = ["anthropic/claude-opus-5.5-20260922[1m]", "unknown", new string('x', 4000)];
        Price();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Price();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Price()
        {
            foreach (var name in names)
            {
                Book.CostOf(name, Today, usage);
            }
        }
    }

    [Theory]
    [InlineData("a,b,c", "the columns are others")]
    [InlineData("HEAD\nanthropic,m,1,2", "4 cells in the place of 18")]
    [InlineData("HEAD\np,m,,2,,,,,,,,,,,,,s,high", "A price is missing")]
    [InlineData("HEAD\np,m,1,2,,,,,,,,,,,2026-11-21 at least,,s,high", "2026-11-21 at least")]
    [InlineData("HEAD\np,m,-1,2,,,,,,,,,,,,,s,high", "-1")]
    [InlineData("HEAD\np,m,1,2,,,,,,9,,,,,,,s,high", "A price is missing")]
    public void A_wrong_line_of_the_file_is_named(string text, string expected)
    {
        var head = "provider,model,input,output,cache_read,cache_write_5m,cache_write_1h,context,max_output,tier_over,tier_input,"
            + "tier_output,tier_cache_read,tier_cache_write,effective_from,effective_to,source,confidence";
        using var reader = new StringReader(text.Replace("HEAD", head));

        var wrong = Assert.Throws<FormatException>(() => PriceFile.Read(reader));

        Assert.StartsWith($"prices.csv, line {text.Count(c => c == '\n') + 1}: ", wrong.Message);
        Assert.Contains(expected, wrong.Message);
    }

    private static PriceRow Own(string model, decimal input) =>
        new() { Model = model, Prices = TokenPrices.Of(input, input, null, null, null) };

    private static DateTimeOffset At(string day) =>
        new(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeOnly.MinValue, TimeSpan.Zero);
}
