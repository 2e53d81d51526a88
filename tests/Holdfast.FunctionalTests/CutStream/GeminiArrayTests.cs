using Holdfast.Wire;
using Holdfast.Recording.Records;
using System.Text;
using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>A Gemini stream without <c>alt=sse</c> is one JSON array; it is relayed element by element, and as no
/// error can be told inside it, a cut stays a cut.</summary>
public sealed class GeminiArrayTests
{
    private const string Path = "/v1beta/models/test:streamGenerateContent";
    private const string Body = """{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}""";

    [Fact]
    public async Task The_array_arrives_as_the_upstream_wrote_it_element_by_element()
    {
        await using var gateway = await TestGateway.StartAsync();
        var whole = await DirectAsync(gateway);
        var gate = new Gate();
        gateway.Upstream.Always(Answer.Ok().GateEvery(gate));
        await using var client = await gateway.ConnectAsync();

        gate.Release();
        var head = await client.RequestAsync("POST", Path, Body);
        var first = await client.ReadPieceAsync();
        gate.Open();
        var rest = await client.ReadTextAsync();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(200, head.Status);
        Assert.StartsWith("application/json", head.Header("content-type"));
        Assert.Equal(whole, Encoding.UTF8.GetString(first!) + rest);
        Assert.Equal(JsonValueKind.Array, JsonSerializer.Deserialize<JsonElement>(whole).ValueKind);
        Assert.Equal(("completed", false), (record.End?.Word(), record.IsSse));
        Assert.Equal(25, record.InputTokens);
    }

    public static TheoryData<string> Cuts => ["reset", "close", "clean end"];

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_cut_of_the_array_at_any_byte_is_no_whole_document_at_the_client(string kind)
    {
        string whole;
        await using (var plain = await TestGateway.StartAsync())
        {
            whole = await DirectAsync(plain);
        }

        await using var sweep = await CutSweep.StartAsync(cut => kind switch
        {
            "reset" => Answer.Ok().ResetAfter(cut),
            "close" => Answer.Ok().FinAfter(cut),
            _ => Answer.Ok().CleanEndAfter(cut),
        });
        var last = whole.IndexOf("usageMetadata", StringComparison.Ordinal);
        var cuts = Enumerable.Range(0, last).Where(cut => cut % 5 == 0).ToList();

        var answers = await sweep.RunAsync(Path, Body, cuts);
        var records = await sweep.RecordsAsync(cuts.Count);

        CutSweep.CheckEach(answers, answer =>
        {
            if (answer.Status == 502)
            {
                Assert.Equal(BodyEnd.CleanEnd, answer.End);
                return;
            }

            Assert.Contains(answer.End, new[] { BodyEnd.Reset, BodyEnd.CutEnd });
            Assert.StartsWith(Encoding.UTF8.GetString(answer.Body), whole);
        });
        Assert.All(records.Values, record => Assert.Equal(ExchangeEnd.Failed, record.End));
        Assert.Contains(answers, answer => answer.Status != 502);
        Assert.Equal(cuts.Count, sweep.Gateway.Upstream.RequestCount);
    }

    /// <summary>The last element says that the answer is whole; only the bracket is missing.</summary>
    [Fact]
    public async Task An_array_that_lacks_only_its_closing_bracket_gets_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        var whole = (await DirectAsync(gateway)).TrimEnd();
        gateway.Upstream.Always(Answer.Ok().CleanEndAfter(whole.Length - 1));
        await using var client = await gateway.ConnectAsync();

        await client.RequestAsync("POST", Path, Body);
        var body = await client.ReadTextAsync();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(whole[..whole.LastIndexOf('}')] + "}]", body);
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(("completed", "repaired"), (record.End?.Word(), record.Fidelity?.Word()));
    }

    /// <summary>Before the first element nothing may be sent, since nothing could be taken back; between elements
    /// blanks keep the client.</summary>
    [Fact]
    public async Task Silence_is_broken_by_blanks_between_elements_only()
    {
        var time = new ManualTime();
        var keepAliveAfter = TimeSpan.FromSeconds(10);
        await using var gateway = await TestGateway.StartAsync(time: time);
        var whole = await DirectAsync(gateway);
        var beforeFirst = new Gate();
        var beforeThird = new Gate();
        gateway.Upstream.Always(Answer.Ok().GateAfter(0, beforeFirst).GateAfter(2, beforeThird));
        await using var client = await gateway.ConnectAsync();

        var answering = client.RequestAsync("POST", Path, Body);
        await beforeFirst.ReachedAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(keepAliveAfter);
        time.Advance(keepAliveAfter);
        beforeFirst.Open();
        var head = await answering;
        var body = new StringBuilder();
        while (body.ToString().Split("candidates").Length < 3)
        {
            body.Append(Encoding.UTF8.GetString((await client.ReadPieceAsync())!));
        }

        await time.WaitForTimerDueInAsync(keepAliveAfter);
        time.Advance(keepAliveAfter);
        var blank = await client.ReadPieceAsync();
        beforeThird.Open();
        body.Append(await client.ReadTextAsync());
        var record = await gateway.NextRecordAsync();

        Assert.StartsWith("application/json", head.Header("content-type"));
        Assert.Equal(" ", Encoding.UTF8.GetString(blank!));
        Assert.Equal(whole, body.ToString());
        Assert.Equal(("completed", 1, false), (record.End?.Word(), record.Keepalives, record.IsSse));
    }

    private static async Task<string> DirectAsync(TestGateway gateway)
    {
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        await direct.RequestAsync("POST", Path, Body);
        return await direct.ReadTextAsync();
    }
}
