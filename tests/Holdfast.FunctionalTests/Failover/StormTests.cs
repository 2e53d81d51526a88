using System.Globalization;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>One turn of one session that comes again and again is a client's loop: past a stated rate it is paused. Nothing
/// else is.</summary>
public sealed class StormTests
{
    private const int Limit = 20;
    private static readonly (string, string) Session = ("x-claude-code-session-id", "session-1");

    [Fact]
    public async Task The_same_turn_of_a_session_is_paused_beyond_its_rate_and_comes_back_after_it()
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        for (var i = 0; i < Limit; i++)
        {
            Assert.Equal(200, (await AskAsync(chain, Body())).Status);
        }

        // 1. Paused, at no upstream's cost, and told when to come back.
        for (var i = 0; i < 5; i++)
        {
            var refused = await AskAsync(chain, Body());
            Assert.Equal((429, "turn_repeated"), (refused.Status, refused.Header("holdfast-error")));
            Assert.InRange(int.Parse(refused.Header("retry-after")!, CultureInfo.InvariantCulture), 1, 60);
            Assert.Contains("\"type\":\"error\"", refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal([Limit], chain.Ledger);
        Assert.Equal(5, await chain.Gateway.MetricAsync("holdfast_storm_refusals_total"));

        // 2. Said once.
        await chain.Gateway.Log.WaitForAsync("session-1");
        Assert.Single(chain.Gateway.Log.Entries, entry => entry.Message.Contains("session-1", StringComparison.Ordinal));

        // 3. What waits as it was told is let through.
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await AskAsync(chain, Body())).Status);
    }

    /// <summary>What clients change when they ask again does not make it another turn.</summary>
    [Theory]
    [InlineData("""{"model":"test","max_tokens":128000,"messages":[{"role":"user","content":"hello"}],"stream":false}""")]
    [InlineData("""{"model":"test","max_tokens":64,"messages":[{"role":"user","content":"hello"}],"client_metadata":{"b":1,"a":2}}""")]
    [InlineData("""{"stream":true,"messages":[{"role":"user","content":"hello"}],"model":"test"}""")]
    public async Task A_turn_that_differs_in_nothing_that_counts_is_the_same(string body)
    {
        await using var chain = await StartAsync(new ManualTime());
        for (var i = 0; i < Limit; i++)
        {
            await AskAsync(chain, Body());
        }

        Assert.Equal(429, (await AskAsync(chain, body)).Status);
    }

    [Fact]
    public async Task Other_turns_and_other_sessions_and_other_clients_are_let_through()
    {
        await using var chain = await StartAsync(new ManualTime());
        for (var i = 0; i <= Limit; i++)
        {
            await AskAsync(chain, Body());
        }

        Assert.Equal(429, (await AskAsync(chain, Body())).Status);
        Assert.Equal(200, (await AskAsync(chain, Body("another turn"))).Status);
        Assert.Equal(200, (await AskAsync(chain, Body(), ("x-claude-code-session-id", "session-2"))).Status);
        Assert.Equal(200, (await AskAsync(chain, Body(), Session, ("x-api-key", "another"))).Status);
    }

    /// <summary>Sampling the same request many times is legal.</summary>
    [Fact]
    public async Task Requests_that_name_no_session_are_never_paused()
    {
        await using var chain = await StartAsync(new ManualTime());
        for (var i = 0; i < 3 * Limit; i++)
        {
            Assert.Equal(200, (await chain.PostAsync("/v1/messages", Body())).Status);
        }

        Assert.Equal([3 * Limit], chain.Ledger);
    }

    [Fact]
    public async Task Turns_within_the_rate_are_never_paused()
    {
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        for (var i = 0; i < 3 * Limit; i++)
        {
            Assert.Equal(200, (await AskAsync(chain, Body())).Status);
            time.Advance(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public async Task Switched_off_nothing_is_paused()
    {
        await using var chain = await StartAsync(new ManualTime(), isOn: false);
        for (var i = 0; i <= Limit; i++)
        {
            Assert.Equal(200, (await AskAsync(chain, Body())).Status);
        }
    }

    private static async Task<ChainGateway> StartAsync(ManualTime time, bool isOn = true)
    {
        var chain = await ChainGateway.StartAsync(count: 1, time: time, configure: options => options.Failover.Storms.Enabled = isOn);
        chain.First.Always(Turns.Healthy);
        return chain;
    }

    private static Task<TurnAnswer> AskAsync(ChainGateway chain, string body, params (string, string)[] headers) =>
        chain.PostAsync("/v1/messages", body, headers.Length == 0 ? [Session] : headers);

    private static string Body(string text = "hello") =>
        $$"""{"model":"test","max_tokens":64,"messages":[{"role":"user","content":"{{text}}"}],"stream":true}""";
}
