using System.CommandLine;
using Holdfast.Cli;
using Holdfast.TestKit;

namespace Holdfast.Tests.Cli;

/// <summary><c>holdfast prices</c> tells what a model costs now, and where that is from.</summary>
public sealed class PricesCommandTests : CliTest
{
    private readonly ManualTime _time = new();

    public PricesCommandTests() =>
        _time.Advance(new DateTimeOffset(2026, 11, 30, 23, 59, 59, TimeSpan.Zero) - _time.GetUtcNow());

    [Fact]
    public void People_get_the_row_that_applies_and_the_name_it_was_looked_up_by()
    {
        var (exitCode, output) = Run("openai/gpt-6.2-sol-20261117");

        Assert.Equal(0, exitCode);
        Assert.Equal(
            """
            model:       gpt-6.2-sol (looked up as gpt-6-2-sol)
            provider:    openai
            prices:      2 in, 10 out, 0.1 cache read, 2.5 cache write, 2.5 cache write for 1 h
            over 272000  4 in, 15 out, 0.2 cache read, 5 cache write, 5 cache write for 1 h
            holds:       from 2026-11-17
            source:      developers.openai.com model/pricing pages Sep-Nov 2026; 12-hour cache write 5.00; tier by the 2x/1.5x rule
            confidence:  high (tier derived)

            """.ReplaceLineEndings("\n"),
            output);
    }

    [Fact]
    public void The_row_is_that_of_now()
    {
        var before = Run("gemini-4-argon").Output;
        _time.Advance(TimeSpan.FromSeconds(1));
        var after = Run("gemini-4-argon").Output;

        Assert.Contains("prices:      2 in", before);
        Assert.Contains("holds:       to 2026-11-30", before);
        Assert.Contains("prices:      4 in", after);
        Assert.Contains("holds:       from 2026-12-01", after);
    }

    [Fact]
    public void Json_is_one_line_with_the_whole_row() => Assert.Equal(
        (0, """{"model":"claude-opus-5-5","lookedUpAs":"claude-opus-5-5","provider":"anthropic","prices":{"input":4,"output":20,"cacheRead":0.2,"cacheWrite5m":5,"cacheWrite1h":8},"tierOver":null,"tierPrices":null,"from":"2026-09-22","to":null,"source":"platform.claude.com docs Oct-Nov 2026","confidence":"high"}"""
            + "\n"),
        Run("Claude-Opus-5.5", "--json"));

    [Fact]
    public void Prices_of_the_configuration_count()
    {
        WriteFile("holdfast.json", """{ "prices": [{ "model": "at-home", "input": 0, "output": 0 }, { "model": "gpt-5.4", "input": 9, "output": 9 }] }""");

        Assert.Contains("provider:    your own\nprices:      0 in, 0 out", Run("at-home").Output);
        Assert.Contains("prices:      9 in, 9 out, 9 cache read, 9 cache write, 9 cache write for 1 h\nholds:       always\nsource:      the configuration", Run("gpt-5.4").Output);
    }

    [Fact]
    public void Without_a_model_all_that_hold_now_are_listed_once()
    {
        var lines = Run().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.True(lines.Length > 90);
        Assert.Single(lines, line => line.StartsWith("gemini-4-argon ", StringComparison.Ordinal));
        Assert.Equal(lines.Length, Run("--json").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task An_unknown_model_is_no_price_of_0()
    {
        var outcome = await RunAsync("prices", "claude-opus-5-6");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("No price is known for \"claude-opus-5-6\" (looked up as \"claude-opus-5-6\"): did you mean \"claude-opus-", outcome.Error);
    }

    [Fact]
    public async Task A_configuration_that_does_not_load_is_told_and_ends_with_2()
    {
        var file = WriteFile("bad.json", """{ "prices": 7 }""");

        var outcome = await RunAsync("prices", "--config", file);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("prices is not a list", outcome.Error);
    }

    private (int ExitCode, string Output) Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOLDFAST_HOME"] = Home };
        var exitCode = PricesCommand.Create(variables, _time).Parse(args).Invoke(new InvocationConfiguration { Output = output });
        return (exitCode, output.ToString());
    }
}
