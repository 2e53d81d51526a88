using System.Globalization;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>Of several credentials of one upstream, the next is tried where one was limited or refused, before
/// anybody else is; a failure of the upstream itself is none of its credentials'.</summary>
public sealed class CredentialRotationTests
{
    private const string KeyA = "secret-of-TEST_KEY_A";

    [Theory]
    [InlineData(401, "auth")]
    [InlineData(402, "billing")]
    [InlineData(429, "rate_limit")]
    public async Task A_refused_or_limited_credential_gives_way_to_the_next_of_the_same_upstream(int status, string reason)
    {
        await using var chain = await StartAsync(Answer.Error(status));
        var rotated = 0;
        for (var i = 0; i < 12; i++)
        {
            var answer = await chain.AskAsync(headers: ("x-session-id", i.ToString(CultureInfo.InvariantCulture)));

            Assert.Equal((200, "anthropic"), (answer.Status, answer.Upstream));
            var record = await chain.NextRecordAsync();
            Assert.Equal("TEST_KEY_B", record.Credential);
            if (record.FailedAttempts is [var failed])
            {
                rotated++;
                Assert.Equal(("TEST_KEY_A", "rotate", reason, "anthropic"),
                    (failed.Credential, failed.Action, failed.Reason, failed.Upstream));
                Assert.Equal(reason, answer.Header("holdfast-fallback-reason"));
            }
        }

        // From then on the refused one is spared.
        Assert.Equal((1, 1), (rotated, chain.First.Requests.Count(request => request.Header("x-api-key") == KeyA)));
        Assert.Equal([13, 0], chain.Ledger);
    }

    [Fact]
    public async Task A_failure_of_the_upstream_does_not_rotate()
    {
        await using var chain = await StartAsync(Answer.Error(500));
        chain.First.Always(Answer.Error(500));

        var answer = await chain.AskAsync();

        Assert.Equal("second", answer.Upstream);
        Assert.Equal([1, 1], chain.Ledger);
        Assert.Equal("fallback", (await chain.NextRecordAsync()).FailedAttempts!.Single().Action);
    }

    [Fact]
    public async Task Where_all_credentials_are_limited_the_next_candidate_is_asked()
    {
        await using var chain = await StartAsync(Answer.Error(429));
        chain.First.Always(Answer.Error(429));

        Assert.Equal("second", (await chain.AskAsync()).Upstream);

        Assert.Equal([2, 1], chain.Ledger);
        Assert.Equal(["rotate", "fallback"], (await chain.NextRecordAsync()).FailedAttempts!.Select(one => one.Action));
    }

    /// <summary>Neither is the client's credential sent where it does not belong.</summary>
    [Fact]
    public async Task Each_upstream_gets_its_own_credential_alone()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(500));
        chain.Second.Always(Turns.Healthy);

        await chain.AskAsync(headers: [("x-api-key", "the-clients"), ("Authorization", "Bearer the-clients-too")]);

        Assert.Equal("the-clients", chain.First.Requests[0].Header("x-api-key"));
        Assert.Equal("secret-of-TEST_KEY_SECOND", chain.Second.Requests[0].Header("x-api-key"));
        Assert.DoesNotContain("the-clients", System.Text.Encoding.UTF8.GetString(chain.Second.Requests[0].Head.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(401)]
    [InlineData(402)]
    public async Task One_clients_own_key_is_not_anothers(int status)
    {
        await using var chain = await ChainGateway.StartAsync(configure: options => options.Failover.Affinity.Enabled = false);
        chain.First.Always(Answer.Choose(request =>
            request.Header("x-api-key") == "limited" ? Answer.Error(status).Header("retry-after", "300") : Turns.Healthy));
        chain.Second.Always(Turns.Healthy);
        Assert.Equal("second", (await chain.AskAsync(headers: ("x-api-key", "limited"))).Upstream);

        Assert.Equal("anthropic", (await chain.AskAsync(headers: ("x-api-key", "another"))).Upstream);
        Assert.Equal("second", (await chain.AskAsync(headers: ("x-api-key", "limited"))).Upstream);
        Assert.Equal([2, 2], chain.Ledger);
    }

    /// <summary>Two credentials before a second upstream; with one of them the first answers so.</summary>
    private static async Task<ChainGateway> StartAsync(Answer withKeyA)
    {
        var chain = await ChainGateway.StartAsync(configure: options =>
            options.Upstreams["anthropic"].Credentials = [new() { Env = "TEST_KEY_A" }, new() { Env = "TEST_KEY_B" }]);
        chain.First.Always(Answer.Choose(request => request.Header("x-api-key") == KeyA ? withKeyA : Turns.Healthy));
        chain.Second.Always(Turns.Healthy);
        return chain;
    }
}
