using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>The same candidate is asked again once, after a while, where its failure proves that it did no work;
/// never otherwise.</summary>
public sealed class RetryTests
{
    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [InlineData(503)]
    [InlineData(529)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task A_single_candidate_that_did_no_work_is_asked_once_more(int status)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        foreach (var protocol in SampleRequests.Protocols)
        {
            foreach (var stream in (bool[])[true, false])
            {
                if (status == 429 && protocol == "gemini")
                {
                    // Google's sentence speaks of a quota: that passes only when its RetryInfo says so.
                    continue;
                }

                chain.First.Script(Answer.Error(status), Turns.Healthy);

                var answer = await chain.AskAsync(protocol, stream);

                Assert.Equal((200, Turns.HealthyText(protocol, stream)), (answer.Status, answer.Text));
                var record = await chain.NextRecordAsync();
                Assert.Equal(("completed", 2, null), (record.End?.Word(), record.Attempts, record.FallbackReason));
                var failed = Assert.Single(record.FailedAttempts!);
                Assert.Equal("retry", failed.Action);

                // Full jitter, below half a second for the first retry.
                Assert.InRange(failed.DelayMs ?? 0, 0, 500);
            }
        }

        Assert.Equal(status == 429 ? 12 : 16, chain.First.RequestCount);
        Assert.Equal(status == 429 ? 6 : 8, await chain.Gateway.MetricAsync("holdfast_retries_total"));
    }

    /// <summary>The wait is at least what the upstream asks for.</summary>
    [Theory]
    [InlineData("retry-after", "1", 1000)]
    [InlineData("retry-after-ms", "1500", 1500)]
    public async Task A_short_wait_the_upstream_asks_for_is_waited(string header, string value, double milliseconds)
    {
        var time = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(count: 1, time: time);
        chain.First.Script(Answer.Error(429).Header(header, value), Turns.Healthy);
        await using var client = await chain.SendAsync(stream: false);

        // Up to a tenth more, so that those who were limited together do not come back together.
        var wait = TimeSpan.FromMilliseconds(milliseconds);
        time.Advance(await time.WaitForTimerDueInAsync(wait, wait * 1.1));
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);

        var record = await chain.NextRecordAsync();
        Assert.InRange(Assert.Single(record.FailedAttempts!).DelayMs!.Value, milliseconds, milliseconds * 1.1);
        Assert.Equal((2, 2), (record.Attempts, chain.First.RequestCount));
    }

    /// <summary>Up to 2 s it is waited for even where another candidate is left: that keeps the conversation's cache.</summary>
    [Fact]
    public async Task A_short_wait_is_waited_before_another_candidate_is_asked()
    {
        var time = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(time: time);
        chain.First.Script(Answer.Error(429).Header("retry-after", "1"), Turns.Healthy);
        await using var client = await chain.SendAsync();

        time.Advance(await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1)));
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);

        var record = await chain.NextRecordAsync();
        Assert.Equal("retry", Assert.Single(record.FailedAttempts!).Action);
        Assert.Equal([2, 0], chain.Ledger);
    }

    [Fact]
    public async Task A_long_wait_moves_the_turn_at_once()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(429).Header("retry-after", "30"));
        chain.Second.Always(Turns.Healthy);

        var answer = await chain.AskAsync();

        Assert.Equal((200, "second"), (answer.Status, answer.Upstream));
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_once_more()
    {
        using var closed = ClosedPort.Reserve();
        await using var chain = await ChainGateway.StartAsync(count: 1, firstAddress: closed.BaseUrl);

        var answer = await chain.AskAsync();

        Assert.Equal(502, answer.Status);
        var record = await chain.NextRecordAsync();
        Assert.Equal(2, record.Attempts);
        Assert.Equal(["retry", "surface"], record.FailedAttempts!.Select(one => one.Action));
        Assert.All(record.FailedAttempts!, one => Assert.Equal("conn_refused", one.Kind));
    }

    public static TheoryData<string> MayHaveWorked =>
        ["500", "502", "504", "rst", "fin", "hdr-rst", "eof", "error-event", "html-502"];

    /// <summary>The upstream may have done the work, and would bill it twice.</summary>
    [Theory]
    [MemberData(nameof(MayHaveWorked))]
    public async Task What_may_have_done_the_work_is_not_asked_again(string fault)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(fault switch
        {
            "rst" => Answer.Ok().ResetBeforeHeaders(),
            "fin" => Answer.Ok().FinBeforeHeaders(),
            "hdr-rst" => Answer.Ok().ResetAfter(0),
            "eof" => Answer.Ok().CleanEndAfter(0),
            "error-event" => Answer.Ok().ErrorEventAfter(1),
            "html-502" => Answer.Html(502),
            _ => Answer.Error(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
        });

        await chain.AskAsync();

        Assert.Equal(1, chain.First.RequestCount);
        Assert.Equal(1, (await chain.NextRecordAsync()).Attempts);
    }

    /// <summary>A 4xx other than 408 and 429 would come back the same.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task A_refusal_is_not_asked_again(int status)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Error(status));
        foreach (var protocol in SampleRequests.Protocols)
        {
            Assert.Equal(status, (await chain.AskAsync(protocol)).Status);
        }

        Assert.Equal(SampleRequests.Protocols.Count(), chain.First.RequestCount);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task An_upstream_that_says_not_to_retry_is_obeyed(int status)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Error(status).Header("x-should-retry", "false"));

        var answer = await chain.AskAsync();

        Assert.Equal((status, "false"), (answer.Status, answer.Header("x-should-retry")));
        Assert.Equal(1, chain.First.RequestCount);
    }

    /// <summary>An upstream's word against a retry holds for that upstream; another one may still answer.</summary>
    [Fact]
    public async Task An_upstream_that_says_not_to_retry_does_not_speak_for_the_next_one()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(529).Header("x-should-retry", "false"));
        chain.Second.Always(Turns.Healthy);

        Assert.Equal(200, (await chain.AskAsync()).Status);
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    [InlineData(0, 1)]
    public async Task A_candidate_is_asked_as_often_as_the_settings_allow(int retries, int requests)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1, configure: options => options.Failover.Retries = retries);
        chain.First.Always(Answer.Error(503));

        Assert.Equal(503, (await chain.AskAsync()).Status);
        Assert.Equal(requests, chain.First.RequestCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_exchange_makes_more_attempts_than_it_may(int most)
    {
        await using var chain = await ChainGateway.StartAsync(count: 4, configure: options => options.Failover.MaxAttempts = most);
        foreach (var upstream in chain.Upstreams)
        {
            upstream.Always(Answer.Error(529));
        }

        Assert.Equal(529, (await chain.AskAsync()).Status);
        Assert.Equal(most, chain.Ledger.Sum());
        Assert.Equal(most, (await chain.NextRecordAsync()).Attempts);
    }
}
