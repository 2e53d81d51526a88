using Holdfast.FunctionalTests.Failover;
using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Reload;

/// <summary>A new configuration takes the place of the old one as a whole: a turn under way never notices, the next one goes by
/// it, and connections to upstreams that did not change stay.</summary>
public sealed class ReloadTests
{
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_turn_under_way_goes_on_by_the_settings_it_began_with_and_the_next_goes_by_the_new_ones(string protocol)
    {
        var held = new Gate();
        await using var other = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Turns.Healthy.GateAfter(2, held));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);
        await client.RequestAsync("POST", path, body);
        await client.ReadEventAsync();

        gateway.Reload(options => options.Upstreams = To(other.BaseUrl));
        await using var next = await gateway.ConnectAsync();
        var status = (await next.RequestAsync("POST", path, body)).Status;
        await next.ReadToEndAsync();
        held.Open();
        await client.ReadToEndAsync();

        Assert.Equal(200, status);
        Assert.Equal((1, 1), (gateway.Upstream.RequestCount, other.RequestCount));
        Assert.All(
            [await gateway.NextRecordAsync(), await gateway.NextRecordAsync()],
            record => Assert.Equal(ExchangeEnd.Completed, record.End));
    }

    [Fact]
    public async Task A_turn_under_way_still_falls_back_to_a_candidate_that_is_configured_no_more()
    {
        var held = new Gate();
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Script(Answer.Error(500).GateAfter(0, held));
        var asking = chain.AskAsync();
        await chain.First.NextRequestAsync();

        chain.Gateway.Reload(options =>
        {
            options.Routes = [];
            options.Upstreams = To(chain.First.BaseUrl);
        });
        held.Open();
        var answer = await asking;

        Assert.Equal((200, "second"), (answer.Status, answer.Upstream));
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Fact]
    public async Task Connections_to_an_upstream_that_did_not_change_are_kept_and_those_to_one_that_is_gone_are_closed()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Script(Answer.Error(500));
        await chain.AskAsync();
        Assert.Equal((1, 1), (chain.First.OpenConnections, chain.Second.OpenConnections));

        chain.Gateway.Reload(options =>
        {
            var upstreams = To(chain.First.BaseUrl);
            upstreams["anthropic"] = options.Upstreams["anthropic"];
            options.Upstreams = upstreams;
            options.Routes = [];
        });
        await Wait.UntilAsync(() => chain.Second.OpenConnections == 0);
        await chain.AskAsync();

        Assert.Equal((1, 1), (chain.First.ConnectionCount, chain.First.OpenConnections));
        Assert.Equal([2, 1], chain.Ledger);
    }

    [Fact]
    public async Task Connections_of_a_replaced_upstream_are_closed_when_the_last_turn_on_it_has_ended_and_not_before()
    {
        var held = new Gate();
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Ok(), Turns.Healthy.GateAfter(2, held));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");
        await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();
        await client.RequestAsync("POST", path, body);
        await client.ReadEventAsync();

        gateway.Reload(options => options.Upstreams["anthropic"].IdleTimeout = TimeSpan.FromMinutes(7));
        var meanwhile = gateway.Upstream.OpenConnections;
        held.Open();
        await client.ReadToEndAsync();
        await Wait.UntilAsync(() => gateway.Upstream.OpenConnections == 0);

        Assert.Equal(1, meanwhile);
    }

    [Fact]
    public async Task What_was_known_of_an_upstream_holds_for_the_same_one_only()
    {
        await using var same = await ChainGateway.StartAsync();
        await using var another = await ChainGateway.StartAsync();
        foreach (var chain in new[] { same, another })
        {
            chain.First.Script(Answer.Error(529));
            await chain.AskAsync(headers: ("x-session-id", "one"));
        }

        same.Gateway.Reload(options => options.Timeouts.Total = TimeSpan.FromHours(3));
        another.Gateway.Reload(options => options.Upstreams["anthropic"].IdleTimeout = TimeSpan.FromMinutes(7));

        Assert.Equal("second", (await same.AskAsync(headers: ("x-session-id", "two"))).Upstream);
        Assert.Equal("anthropic", (await another.AskAsync(headers: ("x-session-id", "two"))).Upstream);
    }

    [Fact]
    public async Task A_refused_configuration_changes_nothing_and_is_told()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Log.Expect("is refused");

        gateway.Refuse("timeouts.total is wrong.");

        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");
        Assert.Equal(200, (await client.RequestAsync("POST", path, body)).Status);
        await client.ReadToEndAsync();
        Assert.Equal(0, await gateway.MetricAsync("holdfast_config_last_reload_successful"));
        gateway.Reload(_ => { });
        Assert.Equal(1, await gateway.MetricAsync("holdfast_config_last_reload_successful"));
    }

    [Fact]
    public async Task Many_turns_and_many_reloads_at_once_lose_nothing()
    {
        await using var other = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var gateway = await TestGateway.StartAsync();
        var (path, body) = SampleRequests.Turn("openai-chat");
        using var isOver = new CancellationTokenSource();

        var reloading = Task.Run(() =>
        {
            for (var i = 0; !isOver.IsCancellationRequested; i++)
            {
                var address = i % 2 == 0 ? other.BaseUrl : gateway.Upstream.BaseUrl;
                gateway.Reload(options => options.Upstreams = To(address));
            }
        });
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var client = await gateway.ConnectAsync();
            var seen = new List<(int, string)>();
            for (var i = 0; i < 40; i++)
            {
                var status = (await client.RequestAsync("POST", path, body)).Status;
                seen.Add((status, (await client.ReadTextAsync())[^14..]));
            }

            return seen;
        }));
        await isOver.CancelAsync();
        await reloading.WithinTestTimeout();

        Assert.All(statuses.SelectMany(seen => seen), one => Assert.Equal((200, "data: [DONE]\n\n"), one));
        Assert.Equal(320, gateway.Upstream.RequestCount + other.RequestCount);
    }

    private static Dictionary<string, UpstreamOptions> To(Uri address) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["anthropic"] = new() { Protocol = ProtocolFamily.Anthropic, BaseUrl = address, Proxy = "off" },
        ["openai"] = new() { Protocol = ProtocolFamily.OpenAI, BaseUrl = address, Proxy = "off" },
        ["gemini"] = new() { Protocol = ProtocolFamily.Gemini, BaseUrl = address, Proxy = "off" },
    };
}
