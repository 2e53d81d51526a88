using Holdfast.Configuration;

namespace Holdfast.Tests.Configuration;

public sealed class RouteSettingTests : ConfigurationTest
{
    private const string Upstreams = """
        "upstreams": {
          "second": { "protocol": "anthropic", "baseUrl": "https://second.example", "credential": { "env": "A_KEY" } },
          "nim": { "protocol": "anthropic", "baseUrl": "https://nim.example", "credential": { "env": "A_KEY" } },
          "gemini": false
        }
        """;

    public RouteSettingTests() => Variable("A_KEY", "secret");

    [Fact]
    public void A_candidate_is_an_upstream_an_upstream_with_a_model_or_a_section()
    {
        var routes = Read($$"""
            {
              {{Upstreams}},
              "routes": [
                { "model": "claude-*", "candidates": ["anthropic", "second", "nim/azure/anthropic/claude-sonnet-4-6"] },
                {
                  "model": "fast",
                  "candidates": [{ "upstream": "anthropic", "model": "claude-haiku-4-5", "weight": 2 }, { "upstream": "Second", "model": "a@1" }],
                  "timeouts": { "firstByte": "00:00:30", "stallAfter": "off" },
                },
              ],
            }
            """).Routes;

        Assert.Equal(["claude-*", "fast"], routes.Select(route => route.Model));
        Assert.Equal(
            [("anthropic", null), ("second", null), ("nim", "azure/anthropic/claude-sonnet-4-6")],
            routes[0].Candidates.Select(candidate => (candidate.Upstream, candidate.Model)));
        Assert.Equal(
            [("anthropic", "claude-haiku-4-5", 2), ("Second", "a@1", null)],
            routes[1].Candidates.Select(candidate => (candidate.Upstream, candidate.Model, candidate.Weight)));
        Assert.Equal(
            (TimeSpan.FromSeconds(30), (TimeSpan?)null, Timeout.InfiniteTimeSpan),
            (routes[1].Timeouts.FirstByte, routes[1].Timeouts.Request, routes[1].Timeouts.StallAfter));
    }

    [Fact]
    public void Null_means_the_default_here_too()
    {
        var route = Assert.Single(Read("""
            { "routes": [{ "model": "a", "candidates": [{ "upstream": "openai", "model": null, "weight": null }], "timeouts": null }] }
            """).Routes);

        Assert.Null(route.Timeouts.FirstByte);
        Assert.Equal(("openai", null, null), (route.Candidates[0].Upstream, route.Candidates[0].Model, route.Candidates[0].Weight));
        Assert.Empty(Read("""{ "routes": null }""").Routes);
    }

    [Theory]
    [InlineData("\"anthropic\"", "routes is not a list: write it as [{ \"model\": \"claude-*\", \"candidates\": [\"upstream/model\"] }].")]
    [InlineData("[null]", "routes[0] is not a section: write { \"model\": \"claude-*\", \"candidates\": [\"upstream/model\"] }.")]
    [InlineData("[\"a\"]", "routes[0] is not a section: write { \"model\": \"claude-*\", \"candidates\": [\"upstream/model\"] }.")]
    [InlineData("[{ \"model\": \"a\" }]", "routes[0].candidates is missing: write \"candidates\": [\"upstream/model\"].")]
    [InlineData("[{ \"candidates\": [\"openai\"] }]", "routes[0].model is missing: write \"model\": \"claude-*\".")]
    [InlineData("[{ \"model\": \"a\", \"candidates\": [\"openai\"], \"modle\": 1 }]", "routes[0].modle is not a setting: did you mean \"model\"?")]
    [InlineData("[{ \"model\": \"a\", \"candidates\": [\"openai\"], \"model\": 1 }]", "routes[0].model is given twice: keep one of them.")]
    [InlineData("[{ \"model\": \"a\", \"candidates\": [\"openai\"], \"retries\": 1 }]", "routes[0].retries is not a setting: it belongs into \"failover\", not in \"routes[0]\".")]
    [InlineData("[{ \"model\": \"\", \"candidates\": [\"openai\"] }]", "routes[0].model (\"\") is not a model: write its name without blanks, or a pattern as \"claude-*\".")]
    [InlineData("[{ \"model\": \"a b\", \"candidates\": [\"openai\"] }]", "routes[0].model (\"a b\") is not a model: write its name without blanks, or a pattern as \"claude-*\".")]
    [InlineData("[{ \"model\": \"a\", \"candidates\": [\"openai\"], \"timeouts\": { \"firstByte\": 30 } }]", "routes[0].timeouts.firstByte (30) is not a duration: write it as \"00:00:30\".")]
    [InlineData("[{ \"model\": \"a\", \"candidates\": [\"openai\"], \"timeouts\": { \"total\": \"off\" } }]", "routes[0].timeouts.total is not a setting: it belongs into \"timeouts\", not in \"routes[0].timeouts\".")]
    public void A_wrong_route_is_named_with_the_way_out(string routes, string expected) =>
        Assert.Equal(expected, OnlyError($$"""{ "routes": {{routes}} }"""));

    [Theory]
    [InlineData("[]", " is empty: name at least one.")]
    [InlineData("\"openai\"", " is not a list: write it as [\"upstream/model\"].")]
    [InlineData("[1]", "[0] is not a section: write \"upstream/model\" or { \"upstream\": \"…\" }.")]
    [InlineData("[\"\"]", "[0] (\"\") names no upstream: write \"upstream\" or \"upstream/model\".")]
    [InlineData("[\"/a\"]", "[0] (\"/a\") names no upstream: write \"upstream\" or \"upstream/model\".")]
    [InlineData("[\"openai/\"]", "[0] (\"openai/\") names no model: write it after the slash, or \"openai\" alone, which leaves it as it was asked for.")]
    [InlineData("[\"openai/a b\"]", "[0] (\"openai/a b\") is not a model: write its name without blanks.")]
    [InlineData("[\"openai/*\"]", "[0] (\"openai/*\") is a pattern: write one model, or none, which leaves it as it was asked for.")]
    [InlineData("[\"my openai\"]", "[0] (\"my openai\") is not a name: write it without blanks.")]
    [InlineData("[{}]", "[0].upstream is missing: write \"upstream\": \"…\".")]
    [InlineData("[{ \"upstream\": 1 }]", "[0].upstream (1) is not a name: write it in quotes.")]
    [InlineData("[{ \"upstream\": \"openai\", \"model\": \"\" }]", "[0].model (\"\") is not a model: write its name without blanks.")]
    [InlineData("[\"openai\", { \"upstream\": \"openai\", \"model\": \"a\", \"weight\": 0 }]", "[1].weight (0) is out of range: write 1 to 1000 shares.")]
    [InlineData("[{ \"upstream\": \"openai\", \"weight\": 1001 }]", "[0].weight (1001) is out of range: write 1 to 1000 shares.")]
    [InlineData("[{ \"upstream\": \"openai\", \"wieght\": 1 }]", "[0].wieght is not a setting: did you mean \"weight\"?")]
    public void A_wrong_candidate_too(string candidates, string expected) =>
        Assert.Equal("routes[0].candidates" + expected, OnlyError($$"""{ "routes": [{ "model": "a", "candidates": {{candidates}} }] }"""));

    [Theory]
    [InlineData("\"secnd/a\"", "[0] (\"secnd\") is no upstream: did you mean \"second\"?")]
    [InlineData("{ \"upstream\": \"secnd\" }", "[0].upstream (\"secnd\") is no upstream: did you mean \"second\"?")]
    [InlineData("\"bedrock-eu\"", "[0] (\"bedrock-eu\") is no upstream: add it to \"upstreams\", or write one of anthropic, openai, second, nim, sim.")]
    [InlineData("\"Gemini\"", "[0] (\"Gemini\") is switched off in \"upstreams\": remove it here, or the false there.")]
    [InlineData("\"second\", \"sim\", \"openai/a\"", "[2] (\"openai\") speaks openai, but \"second\" before it speaks anthropic: a route's candidates speak one protocol, give this one a route of its own.")]
    [InlineData("\"second/a\", \"nim/a\", \"SECOND/a\"", "[2] (\"SECOND/a\") is given twice: keep one of them.")]
    [InlineData("\"second\", { \"upstream\": \"second\", \"weight\": 2 }", "[1] (\"second\") is given twice: keep one of them.")]
    public void A_candidate_that_does_not_go_with_the_upstreams_or_the_others_is_an_error(string candidates, string expected) =>
        Assert.Equal(
            "routes[0].candidates" + expected,
            OnlyError($$"""{ {{Upstreams}}, "routes": [{ "model": "a", "candidates": [{{candidates}}] }] }"""));

    [Theory]
    [InlineData("\"sim/sim-fails2\", \"sim\", \"openai\"")]
    [InlineData("\"openai\", \"SIM\"")]
    [InlineData("\"second/a\", \"second/A\", \"second/b\", \"second\"")]
    public void The_simulator_goes_with_everyone_and_one_upstream_may_answer_with_several_models(string candidates) =>
        Read($$"""{ {{Upstreams}}, "routes": [{ "model": "a", "candidates": [{{candidates}}] }] }""");

    [Fact]
    public void The_simulator_exists_only_where_every_listener_is_loopback()
    {
        var error = OnlyError("""
            { "listen": ["http://0.0.0.0:8484"], "access": "open", "routes": [{ "model": "a", "candidates": ["sim"] }] }
            """);

        Assert.Equal("routes[0].candidates[0] (\"sim\") exists only where every listener is loopback: "
            + "remove it, or listen on 127.0.0.1 only.", error);
    }

    [Theory]
    [InlineData("claude-*", "Claude-*", "is the model of routes[0] too: put the candidates of both into one.")]
    [InlineData("fast", "FAST", "is the model of routes[0] too: put the candidates of both into one.")]
    [InlineData("*", "claude-*", "is never reached: routes[0] (\"*\") answers first, put this one before it.")]
    [InlineData("*", "fast", "is never reached: routes[0] (\"*\") answers first, put this one before it.")]
    [InlineData("claude-*", "Claude-opus", "is never reached: routes[0] (\"claude-*\") answers first, put this one before it.")]
    [InlineData("*/gpt-4.*", "azure/gpt-4.1", "is never reached: routes[0] (\"*/gpt-4.*\") answers first, put this one before it.")]
    public void A_route_that_an_earlier_one_leaves_nothing_is_an_error(string earlier, string later, string expected)
    {
        var error = OnlyError($$"""
            { "routes": [{ "model": "{{earlier}}", "candidates": ["openai"] }, { "model": "{{later}}", "candidates": ["openai"] }] }
            """);

        Assert.Equal($"routes[1].model (\"{later}\") {expected}", error);
    }

    [Theory]
    [InlineData("openai", "claude-opus", "claude-*")]
    [InlineData("openai", "claude-opus", "*")]
    [InlineData("openai", "gpt-4.*", "gpt-4o")]
    [InlineData("openai", "*-mini", "gpt-mini-2")]
    [InlineData("anthropic", "*", "fast")]
    [InlineData("anthropic", "fast", "fast")]
    public void A_route_with_something_left_for_it_is_none(string firstCandidate, string earlier, string later) =>
        Read($$"""
            { "routes": [{ "model": "{{earlier}}", "candidates": ["{{firstCandidate}}"] }, { "model": "{{later}}", "candidates": ["openai"] }] }
            """);

    [Fact]
    public void A_wrong_element_hides_no_other_error_and_brings_no_second_one()
    {
        var text = $$"""
            {
              {{Upstreams}},
              "routes": [
                { "model": 1, "candidates": ["openai", "secnd"] },
                7,
                { "model": "b", "candidates": [
                  "openai/",
                  { "upstream": "opnai" },
                  { "upstream": "openai", "weight": 0 } ] }
              ]
            }
            """;

        var errors = HoldfastConfiguration.Load(Sources(text)).Errors;

        Assert.Collection(
            errors.Select(error => error.ToString()),
            error => Assert.StartsWith("line 8: routes[0].model (1) ", error),
            error => Assert.StartsWith("line 8: routes[0].candidates[1] (\"secnd\") ", error),
            error => Assert.StartsWith("line 9: routes[1] ", error),
            error => Assert.StartsWith("line 11: routes[2].candidates[0] (\"openai/\") ", error),
            error => Assert.StartsWith("line 12: routes[2].candidates[1].upstream (\"opnai\") ", error),
            error => Assert.StartsWith("line 13: routes[2].candidates[2].weight (0) ", error));
    }

    [Fact]
    public void An_upstream_that_is_wrong_itself_makes_no_candidate_wrong()
    {
        var errors = Errors("""
            {
              "upstreams": { "second": { "baseUrl": "https://second.example", "credential": { "env": "A_KEY" } }, "third": true },
              "routes": [{ "model": "a", "candidates": ["openai", "second", "third"] }]
            }
            """);

        Assert.Collection(
            errors,
            error => Assert.StartsWith("upstreams.second.protocol is missing", error),
            error => Assert.StartsWith("upstreams.third is not an upstream", error));
    }

    [Fact]
    public void A_variable_cannot_hold_a_list_of_sections_and_says_so()
    {
        Variable("HOLDFAST__ROUTES__0__MODEL", "b");
        Variable("HOLDFAST__ROUTES__0__CANDIDATES__0__WEIGHT", "2");
        Variable("HOLDFAST__FAILOVER__RULES", "overloaded");
        Variable("HOLDFAST__UPSTREAMS__OPENAI__CREDENTIALS", "sk-canary");

        var errors = Errors("""{ "routes": [{ "model": "a", "candidates": ["openai"] }] }""");

        const string Problem = "sets nothing: a variable cannot hold a list of sections,";
        Assert.Equal(
            [
                $"HOLDFAST__FAILOVER__RULES {Problem} write failover.rules into the file.",
                $"HOLDFAST__ROUTES__0__CANDIDATES__0__WEIGHT {Problem} write routes into the file.",
                $"HOLDFAST__ROUTES__0__MODEL {Problem} write routes into the file.",
                $"HOLDFAST__UPSTREAMS__OPENAI__CREDENTIALS {Problem} write upstreams.openai.credentials into the file.",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Null_in_a_variable_takes_the_routes_of_the_file_back()
    {
        Variable("HOLDFAST__ROUTES", "null");

        Assert.Empty(Read("""{ "routes": [{ "model": "a", "candidates": ["openai"] }] }""").Routes);
    }
}
