using System.Net;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>Both IP families are tried, and a connection that cannot be set up is dialled again.</summary>
public sealed class UpstreamAddressTests : UpstreamTestBase
{
    [Fact]
    public async Task A_name_with_an_IPv6_address_only_is_reached()
    {
        await using var server = RawUpstream.StartOk(endPoint: new(IPAddress.IPv6Loopback, 0));
        using var upstream = Connect(Named(server.Port), resolve: Resolving(IPAddress.IPv6Loopback));

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
        Assert.Equal(IPAddress.IPv6Loopback, ((IPEndPoint)outcome.Trace.Remote!).Address);
    }

    [Fact]
    public async Task An_IPv6_literal_is_reached()
    {
        await using var server = RawUpstream.StartOk(endPoint: new(IPAddress.IPv6Loopback, 0));
        using var upstream = Connect(new($"http://[::1]:{server.Port}"));

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task A_family_that_swallows_packets_does_not_delay_the_other_for_long()
    {
        await using var server = RawUpstream.StartOk();
        using var dead = new Blackhole(IPAddress.IPv6Loopback, server.Port);
        using var upstream = Connect(
            Named(server.Port), resolve: Resolving(IPAddress.IPv6Loopback, IPAddress.Loopback));

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)outcome.Trace.Remote!).Address);
        Assert.Equal(1, outcome.Trace.ConnectAttempts);
    }

    [Fact]
    public async Task An_address_that_refuses_gives_way_to_the_next_at_once()
    {
        await using var server = RawUpstream.StartOk();
        using var upstream = Connect(
            Named(server.Port),
            options => options.ConnectRetries = 0,
            resolve: Resolving(IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.9"), IPAddress.Loopback));

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task When_every_address_refuses_the_failure_is_refused()
    {
        using var upstream = Connect(
            Named(1), resolve: Resolving(IPAddress.Parse("2001:db8::1"), IPAddress.Loopback, IPAddress.Parse("127.0.0.9")));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamRefused, outcome.Failure?.Code);
    }

    [Fact]
    public async Task A_connection_refused_once_is_dialled_again_and_the_upstream_sees_one_request()
    {
        await using var server = RawUpstream.StartOk();
        var asked = 0;
        using var upstream = Connect(Named(server.Port), resolve: (_, _) => Task.FromResult(
            new[] { IPAddress.Parse(++asked == 1 ? "127.0.0.9" : "127.0.0.1") }));

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
        Assert.Equal(2, outcome.Trace.ConnectAttempts);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Dialling_again_can_be_switched_off()
    {
        using var upstream = Connect(
            Named(1), options => options.ConnectRetries = 0, resolve: Resolving(IPAddress.Loopback));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamRefused, outcome.Failure?.Code);
        Assert.Equal(1, outcome.Trace.ConnectAttempts);
    }

    private static Uri Named(int port) => new($"http://upstream.example:{port}");

    private static Func<string, CancellationToken, Task<IPAddress[]>> Resolving(params IPAddress[] addresses) =>
        (_, _) => Task.FromResult(addresses);
}
