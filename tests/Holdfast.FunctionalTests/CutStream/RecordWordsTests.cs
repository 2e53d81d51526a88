using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>One record an exchange, in the words by which Node's users know what a socket did to them.</summary>
public sealed class RecordWordsTests
{
    private static readonly (string, string)[] Client = [("user-agent", "claude-cli/2.1.329 (external, cli)")];

    /// <summary>16 and 15 clients that left, two hang-ups, one reset, one timeout: a mix met in the field.</summary>
    [Fact]
    public async Task The_scripted_mix_of_failures_is_recorded_in_the_words_of_the_report()
    {
        using var recordings = new RecordingsFolder();
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time, home: recordings.Home);
        gateway.Upstream.Always(Answer.Choose(request => request.Model switch
        {
            "sse-abort" => Answer.Ok().SilentAfter(3),
            "sse-reset" => Answer.Ok().ResetAfterEvent(3),
            "hang-up" => Answer.Ok().FinBeforeHeaders(),
            _ => Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)),
        }));

        await Task.WhenAll(
        [
            .. Enumerable.Range(0, 16).Select(_ => AbortMidStreamAsync(gateway)),
            AbortBeforeHeadersAsync(gateway, 15),
            FailAsync(gateway, "hang-up", stream: false),
            FailAsync(gateway, "hang-up", stream: true),
            FailAsync(gateway, "sse-reset", stream: true),
        ]);
        var timesOut = FailAsync(gateway, "times-out", stream: false);
        await WaitForRequestsAsync(gateway, "times-out", 1);
        time.Advance(TimeSpan.FromMinutes(10));
        await timesOut;
        var records = await RecordsAsync(gateway, 35);

        var table = records.GroupBy(r => (r.Error, r.IsSse)).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(5, table.Count);
        Assert.Equal(16, table[("client_aborted", true)]);
        Assert.Equal(15, table[("client_aborted", false)]);
        Assert.Equal(2, table[("socket hang up", false)]);
        Assert.Equal(1, table[("read ECONNRESET", true)]);
        Assert.Equal(1, table[("read ETIMEDOUT", false)]);
        Assert.Equal(35, records.Select(r => r.ExchangeId).Distinct().Count());
        Assert.Equal(35, gateway.Upstream.RequestCount);
        Assert.All(records, r => Assert.Equal(
            ("claude-cli", "2.1.329", "anthropic", "POST", "/v1/messages", "?beta=true", 1),
            (r.ClientName, r.ClientVersion, r.Upstream, r.Method, r.Path, r.Query, r.Attempts)));
        Assert.All(records.Where(r => r.Error == "client_aborted"),
            r => Assert.Equal(("client_aborted", "client", r.IsSse ? 200 : 0), (r.End?.Word(), r.EndSide?.Word(), r.Status)));

        // The statement by which such turns are counted, on what was written down.
        await gateway.StopAsync();
        var report = recordings.Ask(ReferenceStatement.Sql);
        Assert.Equal(
            ["client_aborted|true|16", "client_aborted|false|15", "socket hang up|false|2", "read ECONNRESET|true|1", "read ETIMEDOUT|false|1"],
            report);
        recordings.Compact();
        Assert.Equal(report, recordings.Ask(ReferenceStatement.Sql));
    }

    /// <summary>What the record says of one failed turn is what the sockets saw.</summary>
    [Fact]
    public async Task The_record_of_a_cut_stream_holds_what_happened()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ResetAfterEvent(4));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", "claude-x");

        var head = await client.RequestAsync("POST", path + "?beta=true", body,
            [.. Client, ("x-claude-code-session-id", "s-1"), ("x-stainless-retry-count", "2")]);
        var got = await client.ReadToEndAsync();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(head.Header("holdfast-exchange"), record.ExchangeId);
        Assert.Equal(("failed", "upstream", "read ECONNRESET", "stream_reset"),
            (record.End?.Word(), record.EndSide?.Word(), record.Error, record.ErrorCode));
        Assert.Equal((200, 200, true, true), (record.Status, record.UpstreamStatus, record.IsStream, record.IsSse));
        Assert.Equal(("claude-x", "claude-x", "anthropic"), (record.ModelAsked, record.ModelServed, record.Protocol));
        Assert.Equal((body.Length, got.Length, 4), (record.RequestBytes, record.ResponseBytes, record.Events));
        Assert.Equal(("s-1", "2", false), (record.Session, record.ClientRetryCount, record.TerminalSeen));
        Assert.Equal(("upstream", false, false), (record.ClosedFirst?.Word(), record.ConnectionReused, record.StaleRepeat));
        Assert.NotNull(record.UpstreamRequestId);
        Assert.True(record.HeadersMs <= record.FirstEventMs && record.FirstEventMs <= record.TotalMs);
        Assert.NotNull(record.ConnectMs);
        Assert.NotEmpty(record.ErrorDetail!);
    }

    /// <summary>What the upstream stated before it died is recorded: it will be billed. Where more has come than it had
    /// stated, that counts: here "Holdfast simulator: ".</summary>
    [Theory]
    [InlineData("anthropic", 1, 25, 1)]
    [InlineData("anthropic", 4, 25, 5)]
    [InlineData("gemini", 6, 25, 25)]
    public async Task Tokens_stated_before_the_cut_are_recorded(string protocol, int events, int input, int output)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ResetAfterEvent(events));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();
        var record = await gateway.NextRecordAsync();

        Assert.Equal((input, output), (record.InputTokens, record.OutputTokens));
        Assert.Equal(protocol == "gemini" ? "completed" : "failed", record.End?.Word());
    }

    /// <summary>Refused, unroutable, failed, aborted and whole exchanges leave one record each.</summary>
    [Fact]
    public async Task Every_exchange_leaves_exactly_one_record_whatever_became_of_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Choose(request => Answer.Like(request.Model == "test" ? "sim" : request.Model!)));
        string[] models = ["test", "sim-rst0", "sim-rst2", "sim-fin2", "sim-eof1", "sim-err2", "sim-h529", "sim-hrst", "sim-json"];
        var sent = models.SelectMany(model => SampleRequests.Protocols.SelectMany(protocol =>
            new[] { SampleRequests.Turn(protocol, model), SampleRequests.Turn(protocol, model, stream: false) })).ToList();
        sent.AddRange([("/v1/messages", "{"), ("/v1/messages", "{}"), ("/v1/models/x", "{}"), ("/v1/responses", "[1]")]);

        var ids = await Task.WhenAll(sent.Select(async request =>
        {
            await using var client = await gateway.ConnectAsync();
            var head = await client.RequestAsync("POST", request.Item1, request.Item2);
            await client.ReadToEndAsync();
            return head.Header("holdfast-exchange")!;
        }));
        var records = await RecordsAsync(gateway, sent.Count);

        Assert.Equal(ids.Order(), records.Select(r => r.ExchangeId).Order());
        Assert.All(records, r => Assert.NotNull(r.End));
        Assert.Equal(3, records.Count(r => r.End == ExchangeEnd.Refused));
    }

    private static async Task AbortMidStreamAsync(TestGateway gateway)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", "sse-abort");
        await client.RequestAsync("POST", path + "?beta=true", body, Client);
        await client.ReadEventAsync();
        client.Reset();
    }

    private static async Task AbortBeforeHeadersAsync(TestGateway gateway, int count)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => gateway.ConnectAsync()));
        var (path, body) = SampleRequests.Turn("anthropic", "waits", stream: false);
        var answering = clients.Select(c => c.RequestAsync("POST", path + "?beta=true", body, Client)).ToList();
        await WaitForRequestsAsync(gateway, "waits", count);
        foreach (var (client, answer) in clients.Zip(answering))
        {
            client.Reset();
            await Assert.ThrowsAnyAsync<Exception>(() => answer);
        }
    }

    private static async Task WaitForRequestsAsync(TestGateway gateway, string model, int count)
    {
        while (count > 0)
        {
            count -= (await gateway.Upstream.NextRequestAsync().WithinTestTimeout()).Model == model ? 1 : 0;
        }
    }

    private static async Task FailAsync(TestGateway gateway, string model, bool stream)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", model, stream);
        await client.RequestAsync("POST", path + "?beta=true", body, Client);
        await client.ReadToEndAsync();
    }

    private static async Task<IReadOnlyList<ExchangeRecord>> RecordsAsync(TestGateway gateway, int count)
    {
        var records = new List<ExchangeRecord>();
        while (records.Count < count)
        {
            records.Add(await gateway.NextRecordAsync());
        }

        return records;
    }
}
