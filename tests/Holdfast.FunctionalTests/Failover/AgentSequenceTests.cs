using Holdfast.Configuration;
using Holdfast.Recording.Records;
using Holdfast.Routing;
using Holdfast.Simulator;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>One fault, then well: what real clients send is asked once and answered whole. <c>./test clients</c> proves the
/// same with the clients themselves.</summary>
public sealed class AgentSequenceTests
{
    // What a timer is for shows in how long it runs: no other runs as long as one of these.
    private static readonly TimeSpan FirstByte = TimeSpan.FromSeconds(6.1);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(5.3);

    public static MatrixTheoryData<string, string> SequencesAndFaults =>
        new(AgentSequence.Names, OneFault.All.Select(fault => fault.Name));

    [Theory]
    [MemberData(nameof(SequencesAndFaults))]
    public async Task A_client_whose_first_request_meets_a_fault_gets_every_answer_whole(string sequence, string fault)
    {
        var time = new ManualTime();
        await using var second = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var gateway = await TestGateway.StartAsync(options => AddSecond(options, second), time);
        var befalling = OneFault.Named(fault);
        befalling.Befall(gateway.Upstream);
        await using var client = await gateway.ConnectAsync();
        var requests = AgentSequence.Read(sequence).Requests;

        for (var number = 0; number < requests.Count; number++)
        {
            var answering = requests[number].SendAsync(client);
            if (number == 0)
            {
                await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
                await PassSilenceAsync(befalling.FallsSilent, time);
            }

            var (head, text) = await answering.WithinTestTimeout();

            Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, client.End));
            Assert.Equal(await AnswerWithoutFaultAsync(requests[number], second), text);
            var record = await gateway.NextRecordAsync();
            Assert.Equal((ExchangeEnd.Completed, number == 0 ? 2 : 1), (record.End, record.Attempts));
        }

        Assert.Equal(1, gateway.Upstream.RequestCount);
        Assert.Equal(2 * requests.Count, second.RequestCount);
    }

    /// <summary>What the second upstream says when asked by the client itself.</summary>
    private static async Task<string> AnswerWithoutFaultAsync(AgentRequest request, SimulatedUpstream second)
    {
        await using var direct = await RawHttpClient.ConnectAsync(second.BaseUrl);
        return (await request.SendAsync(direct)).Text;
    }

    private static async Task PassSilenceAsync(FallsSilent silence, ManualTime time)
    {
        if (silence != FallsSilent.Never)
        {
            var limit = silence == FallsSilent.BeforeFirstByte ? FirstByte : Stall;
            await time.WaitForTimerDueInAsync(limit);
            time.Advance(limit);
        }
    }

    private static void AddSecond(HoldfastOptions options, SimulatedUpstream second)
    {
        var upstreams = new Dictionary<string, UpstreamOptions>(options.Upstreams, StringComparer.OrdinalIgnoreCase);
        var routes = new List<RouteOptions>();
        foreach (var (name, first) in options.Upstreams)
        {
            upstreams[$"second-{name}"] = new UpstreamOptions
            {
                Protocol = first.Protocol, BaseUrl = second.BaseUrl, Proxy = "off", Credential = new() { Env = "TEST_KEY" },
            };
            routes.Add(new RouteOptions
            {
                Model = "*",
                Candidates = [new() { Upstream = name }, new() { Upstream = $"second-{name}" }],
                Timeouts = new() { FirstByte = FirstByte, StallAfter = Stall },
            });
        }

        (options.Upstreams, options.Routes) = (upstreams, routes);
    }
}
