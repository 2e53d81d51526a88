using System.CommandLine;
using Holdfast.Cli;

namespace Holdfast.Tests.Cli;

/// <summary><c>holdfast classify</c> tells what a failure is taken for, and by which rule.</summary>
public sealed class ClassifyCommandTests : CliTest
{
    [Theory]
    [InlineData("terminated",
        """{"reason":"timeout","kind":"stream_truncated","retrySame":true,"mayFallBack":true,"retryAfterSeconds":null,"rule":"lost.stream"}""")]
    [InlineData("nothing we know|--json",
        """{"reason":"none","kind":"none","retrySame":false,"mayFallBack":false,"retryAfterSeconds":null,"rule":"none"}""")]
    [InlineData("Rate limit reached. Try again in 1.5s.|--status|429",
        """{"reason":"rate_limit","kind":"rate_limit","retrySame":true,"mayFallBack":true,"retryAfterSeconds":1.5,"rule":"limit.rate"}""")]
    [InlineData("insufficient balance|--status|429|--provider|kimi",
        """{"reason":"billing","kind":"billing","retrySame":false,"mayFallBack":true,"retryAfterSeconds":null,"rule":"billing.text-429"}""")]
    [InlineData("no words|--code|upstream_dns",
        """{"reason":"timeout","kind":"dns","retrySame":true,"mayFallBack":true,"retryAfterSeconds":null,"rule":"own.dns"}""")]
    [InlineData("no words|--type|overloaded_error",
        """{"reason":"overloaded","kind":"overloaded","retrySame":true,"mayFallBack":true,"retryAfterSeconds":null,"rule":"overloaded"}""")]
    [InlineData("--status|503",
        """{"reason":"server_error","kind":"upstream_error","retrySame":true,"mayFallBack":true,"retryAfterSeconds":null,"rule":"status.503"}""")]
    public async Task Json_is_one_line_with_the_whole_verdict(string line, string expected)
    {
        var outcome = await RunAsync(["classify", .. line.Split('|').Where(word => word != "--json"), "--json"]);

        Assert.Equal((0, expected + "\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task A_time_of_the_clock_is_a_wait_from_now()
    {
        var later = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();

        var outcome = await RunAsync("classify", $$"""{"error":{"type":"usage_limit_reached","resets_at":{{later}} } }""", "--json");

        Assert.Matches("\"retryAfterSeconds\":(3600|35[0-9][0-9])", outcome.Output);
    }

    [Fact]
    public async Task People_get_a_table()
    {
        var outcome = await RunAsync("classify", "Please retry after 12 seconds", "--status", "429");

        Assert.Equal(
            """
            reason:          rate_limit
            kind:            rate_limit
            retry the same:  yes
            may fall back:   yes
            asks to wait:    12 s
            rule:            status.429

            """.ReplaceLineEndings("\n"),
            outcome.Output);
    }

    [Fact]
    public void A_dash_reads_standard_input()
    {
        using var input = new StringReader("<html><head><title>502 Bad Gateway</title></head></html>\n");
        using var output = new StringWriter();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOLDFAST_HOME"] = Home };

        var exitCode = ClassifyCommand.Create(variables, input).Parse(["-", "--json"])
            .Invoke(new InvocationConfiguration { Output = output });

        Assert.Equal(0, exitCode);
        Assert.Contains("\"kind\":\"upstream_html\"", output.ToString());
    }

    [Fact]
    public async Task A_configuration_that_does_not_load_is_told_and_ends_with_2()
    {
        var file = WriteFile("bad.json", """{ "streming": 1 }""");

        var outcome = await RunAsync("classify", "terminated", "--config", file, "--json");

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("streming", outcome.Error);
    }
}
