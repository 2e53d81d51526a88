using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>Whatever goes wrong at one upstream before its first output, the next one's answer arrives
/// whole, and each was asked once.</summary>
public sealed class FaultMatrixTests
{
    private const string Lost = "timeout/conn_reset_early";
    private const string Truncated = "timeout/stream_truncated";
    private const string Stalled = "timeout/timeout_idle";
    private const string Overloaded = "overloaded/overloaded";
    private const string Failed = "server_error/upstream_error";
    private static readonly TimeSpan UpstreamDelay = TimeSpan.FromHours(1);

    private static readonly Fault[] Sudden =
    [
        new("rst-after-req", Answer.Ok().ResetBeforeHeaders(), Lost),
        new("fin-after-req", Answer.Ok().FinBeforeHeaders(), Lost),
        new("hdr-rst", Answer.Ok().ResetAfter(0), Truncated),
        new("hdr-fin", Answer.Ok().FinAfter(0), Truncated),
        new("hdr-eof", Answer.Ok().CleanEndAfter(0), Truncated),
        new("bytes-rst", Answer.Ok().ResetAfter(20), Truncated),
        new("bytes-fin", Answer.Ok().FinAfter(20), Truncated),
        new("bytes-eof", Answer.Ok().CleanEndAfter(20), Truncated),
        new("close-delimited-cut", Answer.Ok().CloseDelimited().FinAfter(20), Truncated),
        new("json-408", Answer.Error(408), "timeout/timeout_first_byte"),
        new("json-429", Answer.Error(429), "rate_limit/rate_limit"),
        new("json-500", Answer.Error(500), Failed),
        new("json-503", Answer.Error(503), Overloaded),
        new("json-504", Answer.Error(504), "timeout/timeout_first_byte"),
        new("json-529", Answer.Error(529), Overloaded),
        new("empty-500", Answer.Status(500, ""), Failed),
        new("html-200", Answer.Html(200), "server_error/protocol"),
        new("html-403", Answer.Html(403), "auth/auth_html"),
        new("html-502", Answer.Html(502), "server_error/upstream_html"),
        new("html-503", Answer.Html(503), "server_error/upstream_html"),
        new("garbage", Answer.Raw("\0\x01garbage instead of HTTP\r\n\r\n"u8), "server_error/protocol"),
        new("garbage-rst", Answer.Raw("HTTP/9.9 two hundred\r\n\r\n"u8).ResetBeforeHeaders(), "server_error/protocol"),
    ];

    // Of a whole answer the gateway undoes no encoding.
    private static readonly Fault BadGzip = new("bad-gzip", Answer.Ok().BadGzip(), "server_error/protocol");

    private static readonly Fault[] OfWholeAnswers =
    [
        new("bad-len-long", Answer.Ok().ContentLength(wrong: 1_000_000), Truncated),
        new("bad-len-short", Answer.Ok().ContentLength(wrong: 50), Truncated),
    ];

    [Fact]
    public async Task The_second_candidate_answers_whatever_happens_to_the_first()
    {
        await using var chain = await ChainGateway.StartAsync();
        var cases = FaultCases.Of(Quick);
        FaultCases.Arm(chain, cases, Closing);

        await FaultCases.CheckAsync(chain, await FaultCases.RunAsync(chain, cases));
    }

    /// <summary>The client has its 200 and keepalives by then.</summary>
    [Fact]
    public async Task The_second_candidate_answers_also_when_the_stream_was_opened_early()
    {
        var upstreamTime = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(
            configure: options => options.Streaming.OpenEarlyAfter = TimeSpan.FromMilliseconds(20),
            simulator: new SimulatorOptions { OtherModels = "sim", TimeProvider = upstreamTime });
        var cases = FaultCases.Of(Quick, streamsOnly: true).Where(one => !one.Fault.Name.StartsWith("garbage", StringComparison.Ordinal)).ToList();
        FaultCases.Arm(chain, cases, answer => Closing(answer).DelayHeaders(UpstreamDelay));

        var clients = await Task.WhenAll(cases.Select(one => chain.SendAsync(
            one.Protocol, model: one.Id, headers: string.Concat(one.Headers.Select(header => $"{header.Item1}: {header.Item2}\r\n")))));
        var heads = await Task.WhenAll(clients.Select(client => client.ReadHeadAsync()));
        await upstreamTime.WaitForTimersAsync(cases.Count);
        upstreamTime.Advance(UpstreamDelay);
        var outcomes = await Task.WhenAll(cases.Select(async (one, i) =>
            new FaultOutcome(one, new TurnAnswer(heads[i], await clients[i].ReadTextAsync(), clients[i].End))));

        await FaultCases.CheckAsync(chain, outcomes, isOpened: true);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_second_candidate_answers_when_the_first_falls_silent(bool isOpened)
    {
        await using var chain = await ChainGateway.StartAsync(configure: options =>
        {
            // Long enough for every request to reach its upstream on a busy machine.
            options.Timeouts.FirstByte = TimeSpan.FromSeconds(4);
            options.Timeouts.Request = TimeSpan.FromSeconds(4);
            options.Streaming.StallAfter = TimeSpan.FromSeconds(4);
            options.Streaming.OpenEarlyAfter = isOpened ? TimeSpan.FromMilliseconds(20) : Timeout.InfiniteTimeSpan;
        });
        var cases = FaultCases.Of(Silent, streamsOnly: isOpened);
        FaultCases.Arm(chain, cases);

        var outcomes = await FaultCases.RunAsync(chain, cases, clients: cases.Count);

        await FaultCases.CheckAsync(chain, outcomes, isOpened);
    }

    [Fact]
    public async Task The_second_candidate_answers_when_the_firsts_port_is_closed()
    {
        using var closed = ClosedPort.Reserve();
        await using var chain = await ChainGateway.StartAsync(firstAddress: closed.BaseUrl);
        var cases = FaultCases.Of((_, _) => [new("refuse", Answer.Ok(), "timeout/conn_refused")]);
        FaultCases.Arm(chain, cases);

        await FaultCases.CheckAsync(chain, await FaultCases.RunAsync(chain, cases), isDispatched: false);
    }

    [Fact]
    public async Task The_second_candidate_answers_when_the_first_takes_no_connections()
    {
        using var full = await FullBacklog.StartAsync();
        await using var chain = await ChainGateway.StartAsync(
            configure: options => options.Timeouts.Connect = TimeSpan.FromMilliseconds(400), firstAddress: full.BaseUrl);
        var cases = FaultCases.Of((_, _) => [new("blackhole", Answer.Ok(), "timeout/timeout_connect")]);
        FaultCases.Arm(chain, cases);

        await FaultCases.CheckAsync(
            chain, await FaultCases.RunAsync(chain, cases, clients: cases.Count), isDispatched: false);
    }

    [Fact]
    public async Task The_second_candidate_answers_when_the_first_speaks_no_TLS()
    {
        await using var plain = SimulatedUpstream.Start();
        await using var chain = await ChainGateway.StartAsync(firstAddress: new($"https://{plain.BaseUrl.Authority}"));
        var cases = FaultCases.Of((_, _) => [new("tls-plain", Answer.Ok(), "timeout/tls")]);
        FaultCases.Arm(chain, cases);

        await FaultCases.CheckAsync(chain, await FaultCases.RunAsync(chain, cases), isDispatched: false);
    }

    /// <summary>A stream of Gemini without <c>alt=sse</c> is one JSON array: no error can be told in it once it has begun.</summary>
    [Fact]
    public async Task The_second_candidate_answers_also_where_the_stream_is_a_JSON_array()
    {
        const string path = "/v1beta/models/test:streamGenerateContent";
        var (_, body) = SampleRequests.Turn("gemini");
        await using var chain = await ChainGateway.StartAsync();
        chain.Second.Always(Turns.Healthy);
        var wanted = (await chain.PostAsync(path, body, ("holdfast-upstream", "second-gemini"))).Text;
        Assert.StartsWith("[", wanted, StringComparison.Ordinal);
        foreach (var fault in Sudden)
        {
            chain.First.Script(fault.Answer);

            var answer = await chain.PostAsync(path, body, ("x-api-key", fault.Name));

            Assert.Equal((fault.Name, 200, "second-gemini", wanted), (fault.Name, answer.Status, answer.Upstream, answer.Text));
        }

        Assert.Equal([Sudden.Length, Sudden.Length + 1], chain.Ledger);
    }

    [Theory]
    [InlineData(ConnectionFault.Reset)]
    [InlineData(ConnectionFault.Close)]
    public async Task The_second_candidate_answers_when_the_first_drops_every_connection(ConnectionFault fault)
    {
        await using var chain = await ChainGateway.StartAsync(
            simulator: new SimulatorOptions { OtherModels = "sim", Connections = fault });
        var cases = FaultCases.Of((_, _) => [new("accept-and-drop", Answer.Ok(), Lost)]);
        FaultCases.Arm(chain, cases);

        await FaultCases.CheckAsync(chain, await FaultCases.RunAsync(chain, cases), isDispatched: false);
    }

    private static IEnumerable<Fault> Quick(string protocol, bool stream)
    {
        IEnumerable<Fault> faults =
        [
            .. Sudden,
            new("json-502", Answer.Error(502), protocol == "gemini" ? Overloaded : Failed),
            ErrorInside200(protocol),
            .. stream ? [BadGzip, .. MidHandshake(protocol)] : OfWholeAnswers,
        ];
        if (protocol != "openai-chat")
        {
            return faults;
        }

        var choice = """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"FIELD":{"role":"assistant","content":""},"finish_reason":"network_error"}]}""";
        return
        [
            .. faults,
            new("finish-reason-network-error",
                stream ? Answer.Sse(SimulatedProtocol.Chat, $"data: {choice.Replace("FIELD", "delta", StringComparison.Ordinal)}\n\ndata: [DONE]\n\n")
                    : Answer.Json(choice.Replace("FIELD", "message", StringComparison.Ordinal)), "timeout/bad_model_output"),
        ];
    }

    /// <summary>A cut, a clean end and a reported error behind every event before the first output.</summary>
    private static IEnumerable<Fault> MidHandshake(string protocol)
    {
        for (var events = 0; events <= Turns.HandshakeOf(protocol); events++)
        {
            if (events > 0)
            {
                yield return new($"sse-rst@{events}", Answer.Ok().ResetAfterEvent(events), Truncated);
                yield return new($"sse-fin@{events}", Answer.Ok().FinAfterEvent(events), Truncated);
                yield return new($"sse-eof@{events}", Answer.Ok().CleanEndAfterEvent(events), Truncated);
            }

            yield return new($"sse-fin-inside@{events}", Answer.Ok().FinInsideEvent(events), Truncated);
            yield return new($"error-event@{events}", Answer.Ok().ErrorEventAfter(events),
                protocol is "anthropic" or "gemini" ? Overloaded : Failed);
        }
    }

    private static IEnumerable<Fault> Silent(string protocol, bool stream)
    {
        yield return new("silent-after-req", Answer.Never(), "timeout/timeout_first_byte");
        yield return new("hdr-silent", Answer.Ok().SilentAfter(0), "timeout/timeout_first_byte");
        for (var events = 1; stream && events <= Turns.HandshakeOf(protocol); events++)
        {
            yield return new($"sse-silent@{events}", Answer.Ok().SilentAfter(events), Stalled);
            yield return new($"pings@{events}", Answer.Ok()
                .PingsFor(TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(20), events).SilentAfter(events + 3), Stalled);
        }
    }

    /// <summary>Closed behind a whole answer: its connection would take the next request and die unused.</summary>
    private static Answer Closing(Answer answer) => answer.Header("connection", "close");

    private static Fault ErrorInside200(string protocol) => new("error-in-200", Answer.Json(protocol switch
    {
        "anthropic" => """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""",
        "gemini" => """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""",
        _ => """{"error":{"message":"Our servers are currently overloaded.","type":"server_error","param":null,"code":"server_is_overloaded"}}""",
    }), Overloaded);
}
