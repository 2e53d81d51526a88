using System.Globalization;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>Under every fault each request ends within its limits, the upstream was asked once, and
/// nothing of what the runtime says about sockets reaches the client.</summary>
public sealed class EveryFaultTests
{
    /// <summary>Words of .NET, of undici and of Node about sockets: for the record, never for the client.</summary>
    private static readonly string[] RawTexts =
    [
        "ResponseEnded", "response ended", "Connection reset", "transport connection", "SocketException", "HttpRequestError",
        "IOException", "ECONNRESET", "ETIMEDOUT", "socket hang up", "terminated", "An error occurred while sending",
        "invalid status line", "unsupported compression", "archive entry", "System.", "127.0.0.1",
    ];

    private static readonly (string Name, Answer Answer)[] Faults =
    [
        ("rst-after-req", Answer.Ok().ResetBeforeHeaders()),
        ("fin-after-req", Answer.Ok().FinBeforeHeaders()),
        ("silent-after-req", Answer.Ok().DelayHeaders(TimeSpan.FromHours(1))),
        ("hdr-rst", Answer.Ok().ResetAfter(0)),
        ("hdr-fin", Answer.Ok().FinAfter(0)),
        ("hdr-silent", Answer.Ok().SilentAfter(0)),
        ("sse-rst", Answer.Ok().ResetAfter(300)),
        ("sse-fin", Answer.Ok().FinAfter(300)),
        ("eof-no-terminal", Answer.Ok().CleanEndAfter(300).Header("connection", "close")),
        ("eof-at-once", Answer.Ok().CleanEndAfter(0).Header("connection", "close")),
        // Closed behind a whole answer: its connection would take the next request and never read it.
        ("silent-forever", Answer.Ok().SilentAfter(3).Header("connection", "close")),
        ("pings-forever", Answer.Ok().PingsFor(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(20)).ThenClose()),
        ("error-event", Answer.Ok().ErrorEventAfter(2).Header("connection", "close")),
        ("error-json", Answer.Error(529).Header("connection", "close")),
        ("html", Answer.Html(503).Header("connection", "close")),
        ("html-200", Answer.Html(200).Header("connection", "close")),
        ("json-for-stream", Answer.JsonForStream().Header("connection", "close")),
        ("garbage", Answer.Raw("\0\x01garbage instead of HTTP\r\n\r\n"u8)),
        ("garbage-rst", Answer.Raw("HTTP/9.9 two hundred\r\n\r\n"u8).ResetBeforeHeaders()),
        ("bad-len-long", Answer.Ok().ContentLength(wrong: 1_000_000)),
        ("bad-len-short", Answer.Ok().ContentLength(wrong: 50)),
        ("bad-gzip", Answer.Ok().BadGzip().Header("connection", "close")),
        ("close-delimited-cut", Answer.Ok().CloseDelimited().FinAfter(300)),
        ("split-event", Answer.Ok().Split(1).Header("connection", "close")),
        ("no-content", Answer.Status(204, "").Header("connection", "close")),
        ("redirect", Answer.Status(302, "").Header("location", "http://127.0.0.1:1/").Header("connection", "close")),
        ("empty-json", Answer.Status(200, "").Header("connection", "close")),
        ("wrong-type", Answer.Status(200, "plain words", "text/plain").Header("connection", "close")),
    ];

    public static TheoryData<string> FaultNames => [.. Faults.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task Every_request_ends_and_the_upstream_was_asked_once(string name)
    {
        var fault = Faults.Single(f => f.Name == name).Answer;
        await using var gateway = await TestGateway.StartAsync(options =>
        {
            // Long enough for every request to reach the upstream on a busy machine.
            options.Timeouts.FirstByte = TimeSpan.FromSeconds(5);
            options.Timeouts.Request = TimeSpan.FromSeconds(5);
            options.Streaming.StallAfter = TimeSpan.FromSeconds(5);
        });
        gateway.Upstream.Always(fault);
        (string Protocol, bool Stream)[] requests =
            [.. SampleRequests.Protocols.SelectMany(protocol => new[] { (protocol, true), (protocol, false) })];

        var answers = await Task.WhenAll(requests.Select(request => AskAsync(gateway, request.Protocol, request.Stream)));

        Assert.Equal(requests.Length, gateway.Upstream.RequestCount);
        var records = new HashSet<string>(StringComparer.Ordinal);
        foreach (var _ in requests)
        {
            var record = await gateway.NextRecordAsync();
            records.Add(record.ExchangeId);
            Assert.NotNull(record.End);
            Assert.Equal((1, false), (record.Attempts, record.StaleRepeat));
        }

        Assert.Equal(requests.Length, records.Count);
        Assert.All(answers, answer => Assert.Equal(BodyEnd.CleanEnd, answer.End));
        Assert.All(answers, answer => Assert.All(RawTexts,
            text => Assert.DoesNotContain(text, answer.Text, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>What is kept from the client stands in the record.</summary>
    [Theory]
    [InlineData("rst-after-req", "Connection reset by peer")]
    [InlineData("fin-after-req", "The response ended prematurely")]
    [InlineData("sse-rst", "Connection reset by peer")]
    [InlineData("sse-fin", "The response ended prematurely")]
    [InlineData("garbage", "invalid status line")]
    public async Task The_runtimes_own_words_stand_in_the_record(string name, string words)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Faults.Single(f => f.Name == name).Answer);
        foreach (var stream in (bool[])[true, false])
        {
            await AskAsync(gateway, "anthropic", stream);

            var record = await gateway.NextRecordAsync();

            Assert.Contains(words, record.ErrorDetail, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static async Task<(string Text, BodyEnd End)> AskAsync(TestGateway gateway, string protocol, bool stream)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, stream: stream);
        var head = await client.RequestAsync("POST", path, body);
        var text = await client.ReadTextAsync();

        // What went out as a stream must be one, whatever became of it.
        if (head.Header("content-type")?.StartsWith("text/event-stream", StringComparison.Ordinal) == true)
        {
            SseTranscript.Parse(text);
        }

        var headers = head.Headers.Where(h => !h.Key.Equals("location", StringComparison.OrdinalIgnoreCase));
        return (string.Create(CultureInfo.InvariantCulture, $"{head.Status} {string.Join('\n', headers)}\n{text}"), client.End);
    }
}
