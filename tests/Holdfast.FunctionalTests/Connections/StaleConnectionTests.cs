using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Connections;

/// <summary>Connections to the upstream are kept, and a request is never billed twice.</summary>
public sealed class StaleConnectionTests
{
    [Fact]
    public async Task A_hundred_requests_in_a_row_use_one_connection()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await client.RequestAsync("POST", path, body)).Status);
            await client.ReadToEndAsync();
        }

        Assert.Equal((100, 1), (gateway.Upstream.RequestCount, gateway.Upstream.ConnectionCount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reused_connection_that_died_unused_costs_the_client_nothing(bool resets)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);
        await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();
        await gateway.NextRecordAsync();
        gateway.Upstream.Script(resets ? Answer.Ok().ResetBeforeHeaders() : Answer.Ok().FinBeforeHeaders());

        var head = await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();

        Assert.Equal(200, head.Status);
        Assert.Equal("1", head.Header("holdfast-stale-repeat"));
        Assert.Equal("1", head.Header("holdfast-attempts"));
        var record = await gateway.NextRecordAsync();
        Assert.Equal((true, "completed"), (record.StaleRepeat, record.End?.Word()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fresh_connection_that_dies_on_the_request_is_not_repeated(bool resets)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);
        gateway.Upstream.Script(resets ? Answer.Ok().ResetBeforeHeaders() : Answer.Ok().FinBeforeHeaders());

        var head = await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();

        Assert.Equal(502, head.Status);
        Assert.Null(head.Header("holdfast-stale-repeat"));
        Assert.Equal(1, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task A_stale_repeat_that_fails_as_well_is_the_last_one()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);
        await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();
        gateway.Upstream.Script(Answer.Ok().ResetBeforeHeaders(), Answer.Ok().ResetBeforeHeaders());

        var head = await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();

        Assert.Equal(502, head.Status);
        Assert.Equal(3, gateway.Upstream.RequestCount);
    }
}
