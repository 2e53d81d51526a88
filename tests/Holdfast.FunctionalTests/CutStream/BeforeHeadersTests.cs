using Holdfast.Recording.Records;
using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>An upstream that fails before its headers gives an error status in the shape of the
/// client's protocol, with our code; and is asked once.</summary>
public sealed class BeforeHeadersTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(77);

    /// <summary>Fault, code, class, status; the request counts in the upstream's ledger if it could be read.</summary>
    private static readonly (string Fault, string Code, string Class, int Status, int Ledger)[] Faults =
    [
        ("refuse", "upstream_refused", "connection", 502, 0),
        ("blackhole", "first_byte_timeout", "timeout", 504, 0),
        ("rst-after-req", "upstream_reset", "network", 502, 1),
        ("fin-after-req", "upstream_hangup", "network", 502, 1),
        ("silent-after-req", "first_byte_timeout", "timeout", 504, 1),
        ("half-a-head", "upstream_hangup", "network", 502, 1),
        ("garbage", "upstream_protocol", "network", 502, 1),
        ("html", "upstream_html", "network", 502, 1),
    ];

    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                foreach (var (fault, _, _, _, _) in Faults)
                {
                    cases.Add(protocol, fault);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_stream_that_never_begins_is_answered_with_an_error_of_the_protocol(string protocol, string fault) =>
        CheckAsync(protocol, fault, stream: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_whole_answer_that_never_begins_is_answered_with_an_error_of_the_protocol(string protocol, string fault) =>
        CheckAsync(protocol, fault, stream: false);

    /// <summary>Where the upstream ends the connection before it has read, the kernel makes of it a refusal, a reset or a
    /// hang-up, as the race goes; all are connection errors.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_that_is_accepted_and_ended_at_once_is_answered_with_an_error_of_the_protocol(
        string protocol)
    {
        foreach (var fault in (ConnectionFault[])[ConnectionFault.Reset, ConnectionFault.Close])
        {
            await using var gateway = await TestGateway.StartAsync(simulator: new SimulatorOptions { Connections = fault });
            await using var client = await gateway.ConnectAsync();
            foreach (var stream in (bool[])[true, false])
            {
                var (path, body) = SampleRequests.Turn(protocol, stream: stream);

                var head = await client.RequestAsync("POST", path, body);
                var error = TerminalError.OfBody(
                    protocol, JsonSerializer.Deserialize<JsonElement>(await client.ReadToEndAsync()));

                Assert.Equal(502, head.Status);
                Assert.Contains(error.Code, new[] { "upstream_refused", "upstream_reset", "upstream_hangup" });
                Assert.Equal(("connection_error", error.Code), (error.Type, head.Header("holdfast-error")));
                Assert.Equal(0, gateway.Upstream.RequestCount);
            }
        }
    }

    private static async Task CheckAsync(string protocol, string fault, bool stream)
    {
        var (_, code, errorClass, status, ledger) = Faults.Single(f => f.Fault == fault);
        code = code == "first_byte_timeout" && !stream ? "request_timeout" : code;
        using var closed = ClosedPort.Reserve();
        var time = errorClass == "timeout" ? new ManualTime() : null;
        await using var gateway = await StartAsync(fault, closed.BaseUrl, time);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, stream: stream);

        var answer = client.RequestAsync("POST", path, body);
        if (time is not null)
        {
            await (ledger == 1 ? gateway.Upstream.NextRequestAsync().WithinTestTimeout() : time.WaitForTimerDueInAsync(Limit));
            time.Advance(Limit);
        }

        var head = await answer;
        var text = await client.ReadTextAsync();
        var record = await gateway.NextRecordAsync();

        Assert.Equal((status, code), (head.Status, head.Header("holdfast-error")));
        Assert.Equal("application/json", head.Header("content-type"));
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Null(head.Header("x-should-retry"));
        var error = TerminalError.OfBody(protocol, JsonSerializer.Deserialize<JsonElement>(text));
        Assert.Equal((code, errorClass), (error.Code, error.Class));
        Assert.Equal(errorClass == "timeout" ? "timeout_error" : "connection_error", error.Type);
        Assert.Equal(ledger, gateway.Upstream.RequestCount);
        Assert.Equal(("failed", code, 1), (record.End?.Word(), record.ErrorCode, record.Attempts));
        CheckMessage(protocol, code, error.Message);
    }

    /// <summary>The fixed words, exactly, since existing Python clients compare them; a timer names itself.</summary>
    private static void CheckMessage(string protocol, string code, string message)
    {
        var wanted = code switch
        {
            "first_byte_timeout" => "The upstream did not begin its answer within 77 s (timeouts.firstByte).",
            "request_timeout" => "The answer was not whole within 77 s (timeouts.request).",
            "upstream_html" => "The upstream answered with an HTML page (status 200)",
            _ => "Failed to connect to upstream server",
        };
        Assert.StartsWith(wanted, message);
        if (code != "upstream_html" && protocol.StartsWith("openai", StringComparison.Ordinal))
        {
            Assert.Equal(wanted, message);
        }
    }

    private static async Task<TestGateway> StartAsync(string fault, Uri closedPort, ManualTime? time)
    {
        var gateway = await TestGateway.StartAsync(
            options =>
            {
                options.Timeouts.FirstByte = Limit;
                options.Timeouts.Request = Limit;
                options.Streaming.OpenEarlyAfter = Timeout.InfiniteTimeSpan;
            },
            time,
            new SimulatorOptions
            {
                Connections = fault == "blackhole" ? ConnectionFault.Blackhole : ConnectionFault.None,
            },
            upstreamAddress: fault == "refuse" ? closedPort : null);
        gateway.Upstream.Always(fault switch
        {
            "rst-after-req" => Answer.Ok().ResetBeforeHeaders(),
            "fin-after-req" => Answer.Ok().FinBeforeHeaders(),
            "silent-after-req" => Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)),
            "half-a-head" => Answer.Raw("HTTP/1.1 200 OK\r\ncontent-type: text/ev"u8),
            "garbage" => Answer.Raw("SSH-2.0-OpenSSH_9.2p1\r\n"u8),
            "html" => Answer.Html(200),
            _ => Answer.Ok(),
        });
        return gateway;
    }
}
