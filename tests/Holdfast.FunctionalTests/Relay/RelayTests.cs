using Holdfast.Recording.Records;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Relay;

/// <summary>A turn goes through, in every protocol, streamed and whole.</summary>
public sealed class RelayTests
{
    public static TheoryData<string> Protocols => [.. Requests.Protocols];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_streamed_turn_arrives_as_the_upstream_wrote_it(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = Requests.Turn(protocol);

        await direct.RequestAsync("POST", path, body);
        var wanted = await direct.ReadToEndAsync();
        var head = await client.RequestAsync("POST", path, body);
        var got = await client.ReadToEndAsync();

        Assert.Equal(200, head.Status);
        Assert.Equal("exact", head.Header("holdfast-fidelity"));
        Assert.Equal(wanted, got);
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }
}
