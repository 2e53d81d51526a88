using Holdfast.Recording.Records;
using System.Text;
using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>A whole answer cut after its headers is a 502 or an aborted transfer, never a clean end with half a
/// document.</summary>
public sealed class WholeAnswerTests
{
    private const int Large = 5 * 1024 * 1024;

    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    public static TheoryData<string> Framings => ["content-length", "chunked"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_reset_at_any_byte_of_the_body_is_an_error_status(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.ResetAfter(cut), "read ECONNRESET");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_reset_at_any_byte_of_a_chunked_body_is_an_error_status(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.Chunked().ResetAfter(cut), "read ECONNRESET");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_close_at_any_byte_of_the_body_is_an_error_status(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.FinAfter(cut), "socket hang up");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_close_at_any_byte_of_a_chunked_body_is_an_error_status(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.Chunked().FinAfter(cut), "socket hang up");

    /// <summary>HTTP itself sees nothing wrong in the next three: only the JSON tells.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_body_that_the_connections_end_delimits_is_not_believed_when_it_is_cut(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.CloseDelimited().FinAfter(cut), "socket hang up");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_content_length_that_is_too_short_is_not_believed(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.ContentLength(wrong: cut), "socket hang up");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_chunked_body_that_ends_cleanly_too_early_is_not_believed(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.Chunked().CleanEndAfter(cut), "socket hang up");

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_content_length_that_is_too_long_is_an_error_status(string protocol)
    {
        var body = BodyOf(protocol);
        await using var sweep = await CutSweep.StartAsync(extra =>
            Answer.Json(body).ContentLength(wrong: Encoding.UTF8.GetByteCount(body) + extra));

        var answers = await sweep.RunAsync(protocol, stream: false, [1, 2, 100, 100_000]);

        CutSweep.CheckEach(answers, answer => CheckRefused(protocol, answer));
    }

    /// <summary>What is held back fits 4 MiB; beyond that a cut can only stay a cut.</summary>
    [Theory]
    [MemberData(nameof(Framings))]
    public async Task A_cut_in_an_answer_too_large_to_hold_back_stays_a_cut(string framing)
    {
        var body = $$"""{"id":"msg","type":"message","content":[{"type":"text","text":"{{new string('x', Large)}}"}]}""";
        var whole = framing == "chunked" ? Answer.Json(body).Chunked() : Answer.Json(body);
        await using var sweep = await CutSweep.StartAsync(cut => cut > 0 ? whole.ResetAfter(cut) : whole.FinAfter(-cut));

        var answers = await sweep.RunAsync("anthropic", stream: false, [Large - 1000, -(Large - 1000), Large, -Large]);
        var records = await sweep.RecordsAsync(answers.Count);

        CutSweep.CheckEach(answers, answer =>
        {
            Assert.Contains(answer.End, new[] { BodyEnd.Reset, BodyEnd.CutEnd });
            Assert.Equal(ExchangeEnd.Failed, records[answer.ExchangeId].End);
            Assert.Equal(answer.Cut > 0 ? "read ECONNRESET" : "socket hang up", records[answer.ExchangeId].Error);
        });
        Assert.Equal(answers.Count, sweep.Gateway.Upstream.RequestCount);
    }

    private static async Task SweepAsync(string protocol, Func<Answer, int, Answer> cutAt, string text)
    {
        var body = BodyOf(protocol);
        var length = Encoding.UTF8.GetByteCount(body);
        await using var sweep = await CutSweep.StartAsync(cut => cutAt(Answer.Json(body), cut));
        var cuts = Enumerable.Range(0, length).ToList();

        var answers = await sweep.RunAsync(protocol, stream: false, cuts);
        var records = await sweep.RecordsAsync(cuts.Count);

        Assert.Equal(cuts, answers.Select(answer => answer.Cut));
        Assert.Equal(cuts.Count, sweep.Gateway.Upstream.RequestCount);
        CutSweep.CheckEach(answers, answer =>
        {
            CheckRefused(protocol, answer);
            Assert.Equal(("failed", text), (records[answer.ExchangeId].End?.Word(), records[answer.ExchangeId].Error));
        });
    }

    private static void CheckRefused(string protocol, CutAnswer answer)
    {
        Assert.Equal((502, BodyEnd.CleanEnd), (answer.Status, answer.End));
        Assert.Equal("answer_truncated", answer.Head!.Header("holdfast-error"));
        var error = TerminalError.OfBody(protocol, JsonSerializer.Deserialize<JsonElement>(answer.Body));
        Assert.Equal(("answer_truncated", "stream", "connection_error"), (error.Code, error.Class, error.Type));
    }

    private static string BodyOf(string protocol) => protocol switch
    {
        "anthropic" => """{"id":"msg","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"naïve {[\"日本語 🙂"}],"stop_reason":"end_turn","usage":{"input_tokens":25,"output_tokens":15}}""",
        "openai-chat" => """{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"naïve {[\"日本語 🙂"},"finish_reason":"stop"}],"usage":{"prompt_tokens":25,"completion_tokens":15}}""",
        "openai-responses" => """{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","content":[{"type":"output_text","text":"naïve {[\"日本語 🙂"}]}],"usage":{"input_tokens":25,"output_tokens":15}}""",
        _ => """{"candidates":[{"content":{"parts":[{"text":"naïve {[\"日本語 🙂"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":25,"candidatesTokenCount":15}}""",
    };
}
