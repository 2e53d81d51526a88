using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>Who failed is spared for a while, then tried by one request; refused money and credentials take longer. A
/// client that leaves is nobody's failure.</summary>
public sealed class CooldownTests
{
    [Fact]
    public async Task A_limited_candidate_is_asked_again_when_its_limit_is_over()
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        chain.First.Script(Answer.Error(429).Header("retry-after", "120"));

        Assert.Equal("second", (await chain.AskAsync()).Upstream);
        Assert.Equal([1, 1], chain.Ledger);

        // 1. Spared: nothing is sent to it.
        var spared = await chain.AskAsync();
        Assert.Equal(("second", "1", null), (spared.Upstream, spared.Header("holdfast-attempts"), spared.Header("holdfast-fallback-reason")));
        time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal("second", (await chain.AskAsync()).Upstream);
        Assert.Equal([1, 3], chain.Ledger);

        // 2. Well again.
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
        Assert.Equal([3, 3], chain.Ledger);
    }

    [Fact]
    public async Task One_request_alone_finds_out_whether_a_candidate_is_well_again()
    {
        var time = new ManualTime();
        var gate = new Gate();
        await using var chain = await StartAsync(time);
        chain.First.Script(Answer.Error(429).Header("retry-after", "120"), Turns.Healthy.GateAfter(0, gate), Turns.Healthy);
        await chain.AskAsync();
        time.Advance(TimeSpan.FromSeconds(120));

        await using var probe = await chain.SendAsync();
        await gate.ReachedAsync().WithinTestTimeout();
        Assert.Equal("second", (await chain.AskAsync()).Upstream);
        gate.Open();

        Assert.Equal("anthropic", (await probe.ReadAnswerAsync()).Upstream);
        await chain.NextRecordAsync();
        await chain.NextRecordAsync();
        await chain.NextRecordAsync();
        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
        Assert.Equal([3, 2], chain.Ledger);
    }

    [Theory]
    [InlineData(402)]
    [InlineData(401)]
    public async Task Refused_money_and_credentials_spare_a_candidate_for_hours(int status)
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        chain.First.Script(Answer.Error(status));

        Assert.Equal("second", (await chain.AskAsync()).Upstream);
        time.Advance(TimeSpan.FromHours(4.9));

        // Whatever the model: it is the credential that was refused.
        Assert.Equal("second", (await chain.AskAsync(model: "other")).Upstream);
        Assert.Equal([1, 2], chain.Ledger);
        time.Advance(TimeSpan.FromHours(0.1));
        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
    }

    [Fact]
    public async Task A_limit_of_one_model_is_not_anothers()
    {
        await using var chain = await StartAsync(new ManualTime());
        chain.First.Script(Answer.Error(429).Header("retry-after", "120"));
        await chain.AskAsync(model: "large");

        Assert.Equal("anthropic", (await chain.AskAsync(model: "small")).Upstream);
        Assert.Equal("second", (await chain.AskAsync(model: "large")).Upstream);
    }

    [Fact]
    public async Task Where_everybody_is_spared_somebody_is_asked_nevertheless_once_in_30_s()
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        chain.First.Script(Answer.Error(402));
        chain.Second.Script(Answer.Error(402));
        Assert.Equal(402, (await chain.AskAsync()).Status);

        var refused = await chain.AskAsync();
        Assert.Equal((503, "18000"), (refused.Status, refused.Header("retry-after")));
        Assert.Contains("anthropic: billing until", refused.Text, StringComparison.Ordinal);
        Assert.Equal([1, 1], chain.Ledger);

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((200, "anthropic"), (await chain.AskAsync()) is var answer ? (answer.Status, answer.Upstream) : default);
    }

    [Fact]
    public async Task Where_everybody_is_limited_for_long_the_client_is_told_when_to_come_back_and_nobody_is_asked()
    {
        await using var chain = await StartAsync(new ManualTime());
        chain.First.Script(Answer.Error(429).Header("retry-after", "600"));
        chain.Second.Script(Answer.Error(429).Header("retry-after", "300"));
        await chain.AskAsync();

        var refused = await chain.AskAsync();

        Assert.Equal((429, "300"), (refused.Status, refused.Header("retry-after")));
        Assert.Contains("all_candidates_spared", refused.Text, StringComparison.Ordinal);
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    public async Task Three_lost_connections_in_a_row_open_the_circuit_and_fewer_do_not(int resets, int asked)
    {
        await using var chain = await StartAsync(new ManualTime());
        for (var i = 0; i < resets; i++)
        {
            chain.First.Script(Answer.Ok().ResetBeforeHeaders());
            Assert.Equal("second", (await chain.AskAsync()).Upstream);
        }

        await chain.AskAsync();

        Assert.Equal(asked, chain.First.RequestCount);
    }

    [Fact]
    public async Task Clients_that_leave_are_nobodys_failure()
    {
        await using var chain = await StartAsync(new ManualTime());
        for (var i = 0; i < 6; i++)
        {
            chain.First.Script(Answer.Never());
            await using var client = await chain.SendAsync();
            await chain.First.NextRequestAsync().WithinTestTimeout();
            client.Reset();
            Assert.Equal(ExchangeEnd.ClientAborted, (await chain.NextRecordAsync()).End);
        }

        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
        Assert.Equal([7, 0], chain.Ledger);
    }

    [Fact]
    public async Task The_metrics_show_who_is_spared()
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time, ownCredential: true);
        chain.First.Script(Answer.Error(429).Header("retry-after", "120"));
        Assert.Equal(0, await chain.Gateway.MetricAsync("holdfast_cooldowns"));

        await chain.AskAsync();
        Assert.Equal(1, await chain.Gateway.MetricAsync("holdfast_cooldowns", "upstream=\"anthropic\"", "rate_limit"));

        time.Advance(TimeSpan.FromSeconds(120));
        await chain.AskAsync();
        Assert.Equal(0, await chain.Gateway.MetricAsync("holdfast_cooldowns"));
    }

    [Fact]
    public async Task Who_is_spared_is_spared_after_a_restart_as_well()
    {
        var home = Directory.CreateTempSubdirectory("hf-").FullName;
        try
        {
            var time = new ManualTime();
            await using (var chain = await StartAsync(time, ownCredential: true, home))
            {
                chain.First.Script(Answer.Error(402));
                Assert.Equal("second", (await chain.AskAsync()).Upstream);
            }

            var saved = await File.ReadAllTextAsync(Path.Combine(home, "health.json"));
            Assert.Contains("\"billing\"", saved, StringComparison.Ordinal);
            Assert.DoesNotContain("test-key", saved, StringComparison.Ordinal);

            await using var again = await StartAsync(time, ownCredential: true, home);
            Assert.Equal("second", (await again.AskAsync()).Upstream);
            Assert.Equal([0, 1], again.Ledger);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task Switched_off_nobody_is_spared()
    {
        await using var chain = await ChainGateway.StartAsync(configure: options =>
        {
            options.Failover.Cooldown.Enabled = false;
            options.Failover.Affinity.Enabled = false;
        });
        chain.First.Script(Answer.Error(402));
        chain.Second.Always(Turns.Healthy);
        await chain.AskAsync();

        Assert.Equal("anthropic", (await chain.AskAsync()).Upstream);
    }

    /// <summary>Without affinity, which would keep the conversation where it was answered.</summary>
    private static async Task<ChainGateway> StartAsync(ManualTime time, bool ownCredential = false, string? home = null)
    {
        var chain = await ChainGateway.StartAsync(time: time, home: home, configure: options =>
        {
            options.Failover.Affinity.Enabled = false;
            options.Upstreams["anthropic"].Credential = ownCredential ? new() { Env = "TEST_KEY" } : null;
        });
        chain.First.Always(Turns.Healthy);
        chain.Second.Always(Turns.Healthy);
        return chain;
    }
}
