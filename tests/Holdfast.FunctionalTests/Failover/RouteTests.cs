using Holdfast.Wire;
using Holdfast.Routing;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>The first route that matches a model's name decides who is asked, in which order and for
/// which model; the client is told who answered.</summary>
public sealed class RouteTests
{
    [Theory]
    [InlineData("claude-opus-4-6", "second")]
    [InlineData("CLAUDE-HAIKU", "second")]
    [InlineData("claude-special", "third")]
    [InlineData("azure/anthropic/claude-opus-4-6", "third")]
    [InlineData("x-fast-y", "third")]
    [InlineData("unknown", "anthropic")]
    [InlineData("xclaude-opus", "anthropic")]
    public async Task The_first_route_that_matches_decides(string model, string upstream)
    {
        await using var chain = await StartAsync(
            Route("claude-special", "third"), Route("claude-*", "second"), Route("azure/*", "third"), Route("*-fast-*", "third"));

        var answer = await chain.AskAsync(model: model);

        Assert.Equal((200, upstream, model, "exact"),
            (answer.Status, answer.Upstream, answer.Header("holdfast-model"), answer.Header("holdfast-fidelity")));
        Assert.Equal(1, chain.Ledger.Sum());
    }

    /// <summary>All behind the first slash of a candidate is the model.</summary>
    [Fact]
    public async Task Model_names_with_slashes_are_asked_and_sent_whole()
    {
        await using var chain = await StartAsync(new RouteOptions
        {
            Model = "azure/anthropic/claude-opus-4-6",
            Candidates = [new() { Upstream = "anthropic" }, new() { Upstream = "second", Model = "azure/anthropic/claude-sonnet-4-6" }],
        });
        chain.First.Always(Answer.Error(500));

        var answer = await chain.AskAsync(model: "azure/anthropic/claude-opus-4-6");

        Assert.Equal("azure/anthropic/claude-opus-4-6", chain.First.Requests.Single().Model);
        Assert.Equal("azure/anthropic/claude-sonnet-4-6", chain.Second.Requests.Single().Model);
        Assert.Equal(("second", "azure/anthropic/claude-sonnet-4-6", "model-rewritten"),
            (answer.Upstream, answer.Header("holdfast-model"), answer.Header("holdfast-fidelity")));
        var record = await chain.NextRecordAsync();
        Assert.Equal(("azure/anthropic/claude-opus-4-6", "azure/anthropic/claude-sonnet-4-6", "model-rewritten"),
            (record.ModelAsked, record.ModelSent, record.Fidelity?.Word()));
    }

    /// <summary>Every other byte stays: odd spacing, escapes, member order, numbers as they are written.</summary>
    [Theory]
    [InlineData("/v1/messages", """{ "max_tokens" : 6.40e1,  "model" :"fast", "messages":[{"content":"a\u00e9\ud83d\ude42 \"model\":\"fast\"","role":"user"}] , "x":1.0 }""")]
    [InlineData("/v1/messages", """{"metadata":{"model":"fast"},"messages":[],"model":  "fast"}""")]
    [InlineData("/v1/messages", "{\"model\":\"f\\u0061st\",\"messages\":[]}\n\n")]
    public async Task A_rewritten_model_name_is_all_that_changes_in_a_body(string path, string body)
    {
        await using var chain = await StartAsync(new RouteOptions
        {
            Model = "fast",
            Candidates = [new() { Upstream = "anthropic", Model = "claude-haiku-4-5" }],
        });

        var answer = await chain.PostAsync(path, body);

        Assert.Equal((200, "model-rewritten", "claude-haiku-4-5"),
            (answer.Status, answer.Header("holdfast-fidelity"), answer.Header("holdfast-model")));
        var at = body.LastIndexOf("\"model\"", StringComparison.Ordinal) is var last && body.Contains("metadata", StringComparison.Ordinal)
            ? last : body.IndexOf("\"model\"", StringComparison.Ordinal);
        var value = body.IndexOf('"', at + 7);
        var end = body.IndexOf('"', value + 1);
        Assert.Equal($"{body[..value]}\"claude-haiku-4-5\"{body[(end + 1)..]}", chain.First.Requests.Single().BodyText);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    public async Task OpenAIs_protocols_are_rewritten_alike(string protocol)
    {
        await using var chain = await StartAsync(new RouteOptions
        {
            Model = "fast",
            Candidates = [new() { Upstream = "openai", Model = "gpt-mini" }],
        });

        await chain.AskAsync(protocol, model: "fast");

        Assert.Equal(SampleRequests.Turn(protocol, "gpt-mini").Body, chain.First.Requests.Single().BodyText);
    }

    /// <summary>Google's model stands in the path.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_Gemini_path_is_rewritten_and_its_body_is_not(bool stream)
    {
        await using var chain = await StartAsync(new RouteOptions
        {
            Model = "fast",
            Candidates = [new() { Upstream = "gemini", Model = "gemini-flash" }],
        });

        var answer = await chain.AskAsync("gemini", stream, "fast");

        var (path, body) = SampleRequests.Turn("gemini", "gemini-flash", stream);
        var request = chain.First.Requests.Single();
        Assert.Equal((path, body), (request.Target, request.BodyText));
        Assert.Equal((200, "gemini-flash", "model-rewritten"),
            (answer.Status, answer.Header("holdfast-model"), answer.Header("holdfast-fidelity")));
    }

    /// <summary>The models of a chain may differ, also at one upstream.</summary>
    [Fact]
    public async Task A_chain_may_ask_one_upstream_for_several_models()
    {
        await using var chain = await StartAsync(new RouteOptions
        {
            Model = "best",
            Candidates = [new() { Upstream = "anthropic", Model = "large" }, new() { Upstream = "anthropic", Model = "small" }],
        });
        chain.First.Always(Answer.Choose(request => request.Model == "large" ? Answer.Error(529) : Turns.Healthy));

        var answer = await chain.AskAsync(model: "best");

        Assert.Equal((200, "small", "2"), (answer.Status, answer.Header("holdfast-model"), answer.Header("holdfast-attempts")));
        Assert.Equal(["large", "small"], chain.First.Requests.Select(request => request.Model));
    }

    [Fact]
    public async Task A_chain_is_walked_in_order()
    {
        await using var chain = await ChainGateway.StartAsync(count: 4);
        chain.First.Always(Answer.Ok().ResetBeforeHeaders());
        chain.Second.Always(Answer.Error(503));
        chain.Third.Always(Answer.Ok().ErrorEventAfter(1));
        chain.Upstreams[3].Always(Turns.Healthy);

        var answer = await chain.AskAsync();

        Assert.Equal((200, "fourth", "4", "timeout"),
            (answer.Status, answer.Upstream, answer.Header("holdfast-attempts"), answer.Header("holdfast-fallback-reason")));
        Assert.Equal([1, 1, 1, 1], chain.Ledger);
        Assert.Equal(["anthropic", "second", "third"], (await chain.NextRecordAsync()).FailedAttempts!.Select(one => one.Upstream));
    }

    /// <summary>A client that wants the first candidate or none gets that one's own answer.</summary>
    [Fact]
    public async Task A_client_may_refuse_every_other_candidate()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Status(500, "own words"));
        chain.Second.Always(Turns.Healthy);

        var refused = await chain.AskAsync(headers: ("holdfast-no-fallback", "1"));
        var allowed = await chain.AskAsync(headers: ("holdfast-no-fallback", "false"));

        Assert.Equal((500, "own words"), (refused.Status, refused.Text));
        Assert.Equal((200, "second"), (allowed.Status, allowed.Upstream));
        Assert.Null(chain.First.Requests[0].Header("holdfast-no-fallback"));
    }

    /// <summary>A client that names an upstream means it.</summary>
    [Fact]
    public async Task A_client_may_choose_its_upstream()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.Second.Always(Answer.Status(500, "own words"));

        var answer = await chain.AskAsync(headers: ("holdfast-upstream", "second"));

        Assert.Equal((500, "own words", "second"), (answer.Status, answer.Text, answer.Upstream));
        Assert.Equal([0, 1], chain.Ledger);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_routes_own_timeout_moves_the_turn(bool stream)
    {
        var time = new ManualTime();
        var limit = TimeSpan.FromSeconds(12.3);
        await using var chain = await ChainGateway.StartAsync(time: time, configure: options =>
        {
            options.Routes[0].Timeouts = new() { FirstByte = limit, Request = limit };
            options.Streaming.OpenEarlyAfter = Timeout.InfiniteTimeSpan;
        });
        chain.First.Always(Answer.Never());
        chain.Second.Always(Turns.Healthy);
        await using var client = await chain.SendAsync(stream: stream);
        await chain.First.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(limit);

        time.Advance(limit);

        var answer = await client.ReadAnswerAsync();
        Assert.Equal((200, "second", "timeout"), (answer.Status, answer.Upstream, answer.Header("holdfast-fallback-reason")));
        Assert.Equal(Turns.HealthyText("anthropic", stream), answer.Text);
    }

    [Fact]
    public async Task A_routes_own_timeout_is_named_with_its_own_value()
    {
        var time = new ManualTime();
        var limit = TimeSpan.FromSeconds(12.3);
        await using var chain = await ChainGateway.StartAsync(count: 1, time: time, configure: options =>
        {
            options.Routes[0].Timeouts = new() { FirstByte = limit };
            options.Streaming.OpenEarlyAfter = Timeout.InfiniteTimeSpan;
        });
        chain.First.Always(Answer.Never());
        await using var client = await chain.SendAsync();
        await chain.First.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(limit);

        time.Advance(limit);

        var answer = await client.ReadAnswerAsync();
        Assert.Equal(504, answer.Status);
        Assert.Contains("within 12.3 s (timeouts.firstByte)", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_has_its_own_deadline_for_opening_early()
    {
        var time = new ManualTime();
        var deadline = TimeSpan.FromSeconds(7.7);
        await using var chain = await ChainGateway.StartAsync(
            time: time, configure: options => options.Routes[0].Timeouts = new() { OpenEarlyAfter = deadline });
        chain.First.Always(Answer.Never());
        await using var client = await chain.SendAsync();
        await chain.First.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(deadline);

        time.Advance(deadline);

        Assert.Equal("early", (await client.ReadHeadAsync().WithinTestTimeout()).Header("holdfast-opened"));
    }

    [Fact]
    public async Task A_rule_of_the_configuration_lets_an_odd_error_move_the_turn()
    {
        await using var chain = await ChainGateway.StartAsync(configure: options =>
            options.Failover.Rules = [new() { Match = "the llamas are tired", Reason = "overloaded" }]);
        chain.First.Always(Answer.Status(400, """{"error":{"message":"Sorry, The Llamas Are Tired today"}}"""));
        chain.Second.Always(Turns.Healthy);

        var answer = await chain.AskAsync();

        Assert.Equal((200, "second", "overloaded"), (answer.Status, answer.Upstream, answer.Header("holdfast-fallback-reason")));
    }

    [Fact]
    public async Task Without_a_failure_nobody_but_the_first_hears_of_a_request()
    {
        await using var chain = await ChainGateway.StartAsync(count: 3);
        chain.First.Always(Turns.Healthy);
        foreach (var protocol in SampleRequests.Protocols)
        {
            foreach (var stream in (bool[])[true, false])
            {
                var answer = await chain.AskAsync(protocol, stream);

                Assert.Equal((200, Turns.HealthyText(protocol, stream), ChainGateway.NameOf(protocol, 0), "1", null, "test", "exact"),
                    (answer.Status, answer.Text, answer.Upstream, answer.Header("holdfast-attempts"),
                        answer.Header("holdfast-fallback-reason"), answer.Header("holdfast-model"), answer.Header("holdfast-fidelity")));
                var record = await chain.NextRecordAsync();
                Assert.Equal((1, null), (record.Attempts, record.FailedAttempts));
            }
        }

        Assert.Equal([8, 0, 0], chain.Ledger);
        Assert.Equal([0, 0], chain.Upstreams.Skip(1).Select(upstream => upstream.ConnectionCount));
    }

    private static RouteOptions Route(string model, string upstream) =>
        new() { Model = model, Candidates = [new() { Upstream = upstream }] };

    private static async Task<ChainGateway> StartAsync(params RouteOptions[] routes)
    {
        var chain = await ChainGateway.StartAsync(count: 3, configure: options => options.Routes = routes);
        foreach (var upstream in chain.Upstreams)
        {
            upstream.Always(Turns.Healthy);
        }

        return chain;
    }
}
