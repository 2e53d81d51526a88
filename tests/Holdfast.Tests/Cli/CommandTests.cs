using Holdfast.Configuration;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Cli;

public sealed class CommandTests : CliTest
{
    [Fact]
    public async Task Help_lists_the_commands_but_not_the_hidden_one()
    {
        var outcome = await RunAsync("--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.All(
            ["serve", "status", "simulate", "config", "explain"],
            command => Assert.Contains($"\n  {command} ", outcome.Output));
        Assert.DoesNotContain("\n  docs ", outcome.Output);
    }

    [Fact]
    public async Task Help_of_serve_names_its_options()
    {
        var outcome = await RunAsync("serve", "--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("--config <FILE>", outcome.Output);
        Assert.Contains("--listen <URL>", outcome.Output);
    }

    [Theory]
    [InlineData("serv")]
    [InlineData("serve --port 1")]
    [InlineData("simulate")]
    public async Task A_wrong_command_line_ends_with_2(string line)
    {
        var outcome = await RunAsync(line.Split(' '));

        Assert.Equal(2, outcome.ExitCode);
        Assert.NotEmpty(outcome.Error);
    }

    [Fact]
    public async Task Serve_prints_every_error_of_the_configuration_and_ends_with_2()
    {
        var file = WriteFile("bad.json", "{\n\"streaming\": { \"keepAliveAfter\": \"20\" },\n\"streming\": 1 }");

        var outcome = await RunAsync("serve", "--config", file, "--listen", "http://0.0.0.0:1");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Equal(
            [
                $"The configuration has 3 errors ({file}):",
                "  line 2: streaming.keepAliveAfter (\"20\") is not a duration: write it as \"00:00:20\".",
                "  line 3: streming is not a setting: did you mean \"streaming\"?",
                "  --listen (\"http://0.0.0.0:1\") can be reached from other machines, and nothing asks callers "
                    + "for a key: listen on 127.0.0.1, or write \"access\": \"open\" if everyone may call.",
            ],
            outcome.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Config_prints_the_settings_in_force_without_secrets_and_they_can_be_read_back()
    {
        Variable("NIM_KEY", "sk-canary");
        Variable("STREAM_TIMEOUT", "7");
        WriteFile("holdfast.json", """
            { "upstreams": { "nim": {
                "protocol": "openai", "baseUrl": "https://nim.example/v1", "credential": { "env": "NIM_KEY" },
                "proxy": "http://me:canary@proxy:3128" } } }
            """);

        var outcome = await RunAsync("config", "--listen", "http://127.0.0.1:7");

        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain("canary", outcome.Output);
        var again = HoldfastConfiguration.Load(new()
        {
            Home = Home,
            Text = outcome.Output,
            Environment = new Dictionary<string, string> { ["NIM_KEY"] = "sk-canary" },
        });
        Assert.Empty(again.Errors);
        Assert.Equal(["http://127.0.0.1:7"], again.Options.Listen);
        Assert.Equal(TimeSpan.FromSeconds(7), again.Options.Streaming.StallAfter);
        Assert.Equal("NIM_KEY", again.Options.Upstreams["nim"].Credential?.Env);
    }

    [Fact]
    public async Task Config_prints_routes_and_rules_too_and_they_can_be_read_back()
    {
        Variable("KEY_A", "sk-canary");
        WriteFile("holdfast.json", """
            {
              "upstreams": { "vertex": { "protocol": "anthropic", "baseUrl": "https://vertex.example", "credentials": [{ "env": "KEY_A" }] } },
              "routes": [{ "model": "fast", "candidates": ["vertex/claude-haiku-4-5@20251001", { "upstream": "sim", "weight": 3 }],
                "timeouts": { "firstByte": "00:00:30" } }],
              "failover": { "rules": [{ "match": "us@example: later", "status": 503, "reason": "overloaded", "retrySame": true }] }
            }
            """);

        var outcome = await RunAsync("config");

        Assert.DoesNotContain("canary", outcome.Output);
        var again = HoldfastConfiguration.Load(new()
        {
            Home = Home,
            Text = outcome.Output,
            Environment = new Dictionary<string, string> { ["KEY_A"] = "sk-canary" },
        });
        Assert.Empty(again.Errors);
        Assert.Equal(["KEY_A"], again.Options.Upstreams["vertex"].Credentials.Select(credential => credential.Env));
        var route = Assert.Single(again.Options.Routes);
        Assert.Equal(
            [("vertex", "claude-haiku-4-5@20251001", null), ("sim", null, 3)],
            route.Candidates.Select(candidate => (candidate.Upstream, candidate.Model, candidate.Weight)));
        Assert.Equal(("fast", TimeSpan.FromSeconds(30)), (route.Model, route.Timeouts.FirstByte));
        var rule = Assert.Single(again.Options.Failover.Rules);
        Assert.Equal(
            ("us@example: later", "503", "overloaded", true, null),
            (rule.Match, rule.Status, rule.Reason, rule.RetrySame, rule.MayFallBack));
    }

    [Fact]
    public async Task Config_without_a_file_says_so()
    {
        var outcome = await RunAsync("config");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("// file: none, defaults\n", outcome.Output);
    }

    [Fact]
    public async Task Explain_prints_what_happened_why_and_what_to_do()
    {
        var outcome = await RunAsync("explain", "stream_stalled");

        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith("stream_stalled (504, timeout)\n", outcome.Output);
        Assert.Contains(ErrorCodes.StreamStalled.Fix, outcome.Output);
    }

    [Fact]
    public async Task Explain_without_a_code_lists_them_all()
    {
        var outcome = await RunAsync("explain");

        Assert.Equal(ErrorCodes.All.Count, outcome.Output.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task Explain_suggests_the_nearest_code()
    {
        var outcome = await RunAsync("explain", "stream_staled");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            "\"stream_staled\" is not an error code of Holdfast: did you mean \"stream_stalled\"?\n", outcome.Error);
    }

    [Theory]
    [InlineData("0.0.0.0:9000")]
    [InlineData("9000")]
    [InlineData("http://127.0.0.1:9000")]
    public async Task Simulate_listens_on_loopback_only(string listen)
    {
        var outcome = await RunAsync("simulate", "--listen", listen);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"--listen (\"{listen}\") is not a loopback address with a port", outcome.Error);
    }

    [Fact]
    public async Task Docs_writes_every_generated_document()
    {
        var folder = Path.Combine(Home, "docs");

        var outcome = await RunAsync("docs", "--out", folder);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            ["cli.md", "config.md", "errors.md", "holdfast.schema.json", "schema.md"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
