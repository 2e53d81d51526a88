using Holdfast.Simulator;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Requests;

namespace Holdfast.Tests.Simulator;

public sealed class NetworkTests : IAsyncDisposable
{
    private const string Sim = """{"model":"sim"}""";

    private readonly SimulatedUpstream _upstream = SimulatedUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Fact]
    public async Task A_relay_forwards_and_resets_both_sides_when_idle()
    {
        await using var relay = SocketRelay.Start(
            _upstream.Endpoint, new SocketRelayOptions { IdleKill = TimeSpan.FromSeconds(1) });
        using var client = await RawClient.ConnectAsync(relay.Endpoint);

        var answer = await client.PostAsync("/v1/messages", Sim);
        var (_, end) = await client.ReadToEndAsync();

        Assert.Equal((200, RawEnd.Reset), (answer.Status, end));
        Assert.Equal(ClientEnd.Reset, await _upstream.WhenClientGoneAsync(1).WaitAsync(RawClient.Deadline));
        Assert.Equal((1, 1), (relay.ConnectionCount, relay.KillCount));
    }

    [Fact]
    public async Task A_relay_passes_resets_and_closes_on()
    {
        await using var relay = SocketRelay.Start(_upstream.Endpoint);
        using var client = await RawClient.ConnectAsync(relay.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/messages", """{"model":"sim-rst2","stream":true}"""));
        Assert.Equal(RawEnd.Reset, (await client.ReadToEndAsync()).End);

        using var second = await RawClient.ConnectAsync(relay.Endpoint);
        await second.PostAsync("/v1/messages", Sim);
        second.Dispose();

        Assert.Equal(ClientEnd.Closed, await _upstream.WhenClientGoneAsync(2).WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task A_relay_that_drops_leaves_both_sides_open()
    {
        await using var relay = SocketRelay.Start(_upstream.Endpoint);
        using var client = await RawClient.ConnectAsync(relay.Endpoint);
        await client.PostAsync("/v1/messages", Sim);

        relay.DropsSilently = true;
        await client.SendAsync(RawClient.Post("/v1/messages", Sim));
        relay.DropsSilently = false;
        using var other = await RawClient.ConnectAsync(relay.Endpoint);
        await other.PostAsync("/v1/messages", Sim);

        Assert.False(_upstream.Requests[0].ClientGone.IsCompleted);
        Assert.True(_upstream.RequestCount is 2 or 3);
    }

    [Fact]
    public async Task A_proxy_tunnels_forwards_and_asks_for_a_password()
    {
        await using var proxy = SimulatedProxy.Start("user", "pass");
        using var tunnel = await RawClient.ConnectAsync(proxy.Endpoint);
        const string Auth = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";

        await tunnel.SendAsync($"CONNECT {_upstream.Endpoint} HTTP/1.1\r\n\r\n");
        var refused = await tunnel.ReadAnswerAsync();
        await tunnel.SendAsync($"CONNECT {_upstream.Endpoint} HTTP/1.1\r\n{Auth}\r\n");
        var opened = await tunnel.TakeUntilAsync("\r\n\r\n");
        var tunnelled = await tunnel.PostAsync("/v1/messages", Sim);
        using var plain = await RawClient.ConnectAsync(proxy.Endpoint);
        var forwarded = await plain.PostAsync($"{_upstream.BaseUrl}v1/messages?x=1", Sim, Auth);

        Assert.Equal((407, "Basic realm=\"simulator\""), (refused.Status, refused.Header("proxy-authenticate")));
        Assert.StartsWith("HTTP/1.1 200", opened);
        Assert.Equal((200, 200), (tunnelled.Status, forwarded.Status));
        Assert.Equal((1, 1, 1), (proxy.TunnelCount, proxy.ForwardCount, proxy.RefusedCount));
        Assert.Equal("/v1/messages?x=1", _upstream.Requests[1].Target);
    }
}
