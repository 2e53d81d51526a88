using System.Net;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Agents;
using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;
using Holdfast.Simulator;
using Holdfast.Simulator.Network;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>A middlebox cuts the client off in the middle of a stream. No SDK asks again by itself; an application that does
/// gets the answer it had paid for.</summary>
[Collection(nameof(OwnProcesses))]
public sealed partial class CutOffTests
{
    // The gateway's keepalives come after 10 s, and the upstream speaks again after the client was cut off.
    private static readonly SocketRelayOptions Forgetful = new() { IdleKill = TimeSpan.FromSeconds(2) };
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    public static TheoryData<string, string, string> Sdks
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var runtime in (string[])["node", "bun", "dotnet"])
            {
                data.Add(runtime, "anthropic", "stream");
                data.Add(runtime, "openai", "chat-stream");
                data.Add(runtime, "openai", "responses-stream");
                if (runtime != "dotnet")
                {
                    data.Add(runtime, "genai", "stream");
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task An_application_that_asks_again_gets_the_whole_answer_from_the_one_call_upstream(
        string runtime, string sdk, string op)
    {
        await using var upstream = SimulatedUpstream.Start(new() { OtherModels = "sim" });
        await using var gateway = await BuiltGateway.StartAsync($$"""
            { "upstreams": {
              "anthropic": { "protocol": "anthropic", "baseUrl": "{{upstream.BaseUrl}}" },
              "openai": { "protocol": "openai", "baseUrl": "{{upstream.BaseUrl}}" },
              "gemini": { "protocol": "gemini", "baseUrl": "{{upstream.BaseUrl}}" }
            } }
            """);
        await using var relay = SocketRelay.Start(new IPEndPoint(IPAddress.Loopback, gateway.Address.Port), Forgetful);
        upstream.Script(BreakPoint.Text.In((answer, events) => answer.SilentAfter(events, Silence)));
        var baseUrl = relay.BaseUrl.GetLeftPart(UriPartial.Authority);
        var call = new SdkCall(op, "some-model", baseUrl);

        var lost = await CallAsync(runtime, sdk, call);
        await gateway.Program.OutputLineAsync(Record());
        var turn = await CallAsync(runtime, sdk, call);

        Assert.NotNull(lost.Error);
        Assert.Null(turn.Error);
        Assert.Equal(Reading.Text(deltas: 5), turn.Text);
        Assert.Equal(1, upstream.RequestCount);
        await gateway.Program.TerminateAsync();
        await gateway.Program.ExitAsync();
        var attempts = gateway.Records.Select(record =>
            (record.GetProperty("reattached").GetBoolean(), record.GetProperty("attempts").GetInt32()));
        Assert.Equal([(false, 1), (true, 0)], attempts.Order());
    }

    private static async Task<SdkResult> CallAsync(string runtime, string sdk, SdkCall call) => runtime switch
    {
        "dotnet" => await SdkRun.CallAsync(sdk == "anthropic" ? DotNetAnthropic.CallAsync : DotNetOpenAI.CallAsync, call),
        _ => (await SdkRun.CallAsync(runtime == "node" ? Repository.Node : Repository.Bun, $"{sdk}.mjs", [call]))[0],
    };

    [GeneratedRegex(@"(?m)^\{.+\}$", RegexOptions.None, 1000)]
    private static partial Regex Record();
}
