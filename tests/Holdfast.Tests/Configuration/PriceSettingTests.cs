using System.Text;
using System.Text.Json;
using Holdfast.Configuration;

namespace Holdfast.Tests.Configuration;

public sealed class PriceSettingTests : ConfigurationTest
{
    private const string Whole = """
        {
          "prices": [
            {
              "model": "claude-opus-5-5", "input": 3, "output": 15.5, "cacheRead": 0.25, "cacheWrite5m": 3.75, "cacheWrite1h": 6,
              "webSearches": 9, "from": "2026-12-01",
              "tier": { "over": 200000, "input": 6, "output": 22.5, "cacheRead": 0.5, "cacheWrite5m": 7.5, "cacheWrite1h": 12 },
            },
            { "model": "at-home", "input": 0, "output": 0, "from": null, "tier": null },
            { "model": "claude-opus-5-5", "input": 4, "output": 20 },
          ],
        }
        """;

    [Fact]
    public void Every_setting_of_prices_reaches_its_option()
    {
        var prices = Read(Whole).Prices;

        Assert.Equal(3, prices.Count);
        var (first, second) = (prices[0], prices[1]);
        Assert.Equal(
            ("claude-opus-5-5", 3m, 15.5m, 9m, new DateOnly(2026, 12, 1)),
            (first.Model, first.Input, first.Output, first.WebSearches, first.From));
        Assert.Equal((0.25m, 3.75m, 6m), (first.CacheRead, first.CacheWrite5m, first.CacheWrite1h));
        Assert.Equal((200_000, 6m, 22.5m), (first.Tier!.Over, first.Tier.Input, first.Tier.Output));
        Assert.Equal((0.5m, 7.5m, 12m), (first.Tier.CacheRead, first.Tier.CacheWrite5m, first.Tier.CacheWrite1h));
        Assert.Equal(("at-home", 0m, 0m, null, null), (second.Model, second.Input, second.Output, second.WebSearches, second.From));
        Assert.Equal((null, null, null, null), (second.CacheRead, second.CacheWrite5m, second.CacheWrite1h, second.Tier));
    }

    [Fact]
    public void What_is_written_out_can_be_read_again()
    {
        var options = Read(Whole);
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            SettingsTable.Root.Write(json, options);
        }

        var again = Read(Encoding.UTF8.GetString(text.ToArray())).Prices;

        Assert.Equal(
            options.Prices.Select(price => (price.Model, price.Input, price.From, price.Tier?.Over)),
            again.Select(price => (price.Model, price.Input, price.From, price.Tier?.Over)));
    }

    [Theory]
    [InlineData("{}", " is not a list: write it as [{ \"model\": \"…\", \"input\": 2.5, \"output\": 2.5 }].")]
    [InlineData("[7]", "[0] is not a section: write { \"model\": \"…\", \"input\": 2.5, \"output\": 2.5 }.")]
    [InlineData("[{ \"input\": 1, \"output\": 1 }]", "[0].model is missing: write \"model\": \"…\".")]
    [InlineData("[{ \"model\": \"a\", \"output\": 1 }]", "[0].input is missing: write \"input\": 2.5.")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1 }]", "[0].output is missing: write \"output\": 2.5.")]
    [InlineData("[{ \"model\": \"gpt-*\", \"input\": 1, \"output\": 1 }]", "[0].model (\"gpt-*\") is a pattern: write one model, or none, which leaves it as it was asked for.")]
    [InlineData("[{ \"model\": \"a\", \"input\": \"3\", \"output\": 1 }]", "[0].input (\"3\") is not a price: write US dollars in digits, without quotes or sign.")]
    [InlineData("[{ \"model\": \"a\", \"input\": true, \"output\": 1 }]", "[0].input (true) is not a price: write US dollars in digits, without quotes or sign.")]
    [InlineData("[{ \"model\": \"a\", \"input\": -1, \"output\": 1 }]", "[0].input (-1) is out of range: write 0 to 1000000 US dollars.")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1000000.5 }]", "[0].output (1000000.5) is out of range: write 0 to 1000000 US dollars.")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"from\": \"1.12.2026\" }]", "[0].from (\"1.12.2026\") is not a day: write it as \"2026-12-01\".")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"from\": \"2026-02-30\" }]", "[0].from (\"2026-02-30\") is not a day: write it as \"2026-12-01\".")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"cachRead\": 1 }]", "[0].cachRead is not a setting: did you mean \"cacheRead\"?")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"tier\": { \"over\": 0, \"input\": 1, \"output\": 1 } }]", "[0].tier.over (0) is out of range: write 1 to 1000000000 tokens.")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"tier\": { \"over\": 9, \"input\": 1 } }]", "[0].tier.output is missing: write \"output\": 2.5.")]
    [InlineData("[{ \"model\": \"a.b\", \"input\": 1, \"output\": 1 }, { \"model\": \"A-B-20261101\", \"input\": 2, \"output\": 1 }]", "[1].model (\"A-B-20261101\") is given twice: keep one of them, or add \"from\" to the later one.")]
    [InlineData("[{ \"model\": \"a\", \"input\": 1, \"output\": 1, \"from\": \"2026-12-01\" }, { \"model\": \"a\", \"input\": 2, \"output\": 1, \"from\": \"2026-12-01\" }]", "[1].model (\"a\") is given twice from the same day: keep one of them.")]
    public void A_wrong_price_is_named_with_the_way_out(string prices, string expected) =>
        Assert.Equal("prices" + expected, OnlyError($$"""{ "prices": {{prices}} }"""));

    [Fact]
    public void A_name_that_is_too_long_is_rejected() => Assert.EndsWith(
        "is too long: a model's name has at most 128 letters.",
        OnlyError($$"""{ "prices": [{ "model": "{{new string('a', 129)}}", "input": 1, "output": 1 }] }"""));

    [Fact]
    public void A_variable_cannot_hold_prices()
    {
        Variable("HOLDFAST__PRICES", "3");

        Assert.Contains("a variable cannot hold a list of sections", OnlyError("{}"));
    }
}
