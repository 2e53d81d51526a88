using System.IO.Compression;
using System.Text;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Tests.Simulator;

public sealed class FaultTests : IAsyncDisposable
{
    private static readonly string Head = "\r\n\r\n";
    private static readonly string[] Paths = ["/v1/messages", "/v1/chat/completions", "/v1/responses"];

    private readonly SimulatedUpstream _upstream = SimulatedUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(856)]
    public async Task A_reset_after_n_bytes_comes_after_exactly_these_bytes(int bytes)
    {
        _upstream.Script(Answer.Sse(AnthropicTranscript.Text).CloseDelimited().ResetAfter(bytes));

        var (text, end) = await StreamAsync("/v1/messages");

        Assert.Equal(RawEnd.Reset, end);
        Assert.Equal(Start(AnthropicTranscript.Text, bytes), Body(text));
        Assert.Equal(AnswerEnd.CutByScript, await _upstream.Requests[0].Answered.WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task A_reset_never_overtakes_a_large_body_before_it()
    {
        const int Bytes = 3_000_000;
        _upstream.Script(Answer.HugeEvent(Bytes).CloseDelimited().ResetAfterEvent(3));

        var (text, end) = await StreamAsync("/v1/messages");

        Assert.Equal(RawEnd.Reset, end);
        Assert.True(Body(text).Length > Bytes, $"only {text.Length} bytes arrived");
    }

    [Fact]
    public async Task A_half_close_comes_in_the_middle_of_a_chunk()
    {
        var first = AnthropicTranscript.Text.Events[0].Bytes.Length;
        _upstream.Script(Answer.Sse(AnthropicTranscript.Text).FinAfter(first - 10));

        var (text, end) = await StreamAsync("/v1/messages");

        Assert.Equal(RawEnd.Fin, end);
        Assert.Equal($"{first:x}\r\n" + Start(AnthropicTranscript.Text, first - 10), Body(text));
    }

    [Fact]
    public async Task A_clean_end_after_n_bytes_is_a_whole_http_body_and_keeps_the_connection()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        _upstream.Script(Answer.Sse(AnthropicTranscript.Text).CleanEndAfter(700));

        var cut = await client.PostAsync("/v1/messages", "{}");
        var next = await client.PostAsync("/v1/messages", """{"model":"sim"}""");

        Assert.Equal(Start(AnthropicTranscript.Text, 700), cut.Text);
        Assert.Equal(200, next.Status);
        Assert.Equal(1, _upstream.ConnectionCount);
    }

    [Theory]
    [InlineData("sim-rst0", RawEnd.Reset)]
    [InlineData("sim-fin0", RawEnd.Fin)]
    public async Task An_end_after_no_delta_comes_before_any_header(string model, RawEnd expected)
    {
        var (text, end) = await StreamAsync("/v1/messages", model);

        Assert.Equal(("", expected), (text, end));
        Assert.Equal(1, _upstream.RequestCount);
    }

    [Fact]
    public async Task Headers_then_a_reset()
    {
        var (text, end) = await StreamAsync("/v1/messages", "sim-hrst");

        Assert.Equal(RawEnd.Reset, end);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", text);
        Assert.EndsWith(Head, text);
    }

    [Fact]
    public async Task Ends_by_model_name_come_after_their_deltas_in_every_protocol()
    {
        foreach (var path in Paths)
        {
            var (reset, resetEnd) = await StreamAsync(path, "sim-rst2");
            var (half, halfEnd) = await StreamAsync(path, "sim-fin2");
            var (clean, _) = await StreamAsync(path, "sim-eof2", "connection: close\r\n");
            var (error, _) = await StreamAsync(path, "sim-err2", "connection: close\r\n");

            Assert.Equal((RawEnd.Reset, RawEnd.Fin), (resetEnd, halfEnd));
            foreach (var text in (string[])[reset, half, clean, error])
            {
                Assert.Contains("simulator:", text);
                Assert.DoesNotContain("your \"", text);
            }

            Assert.False(half.EndsWith("\r\n", StringComparison.Ordinal));
            Assert.EndsWith("\r\n0\r\n\r\n", clean);
            Assert.EndsWith("\n\n\r\n0\r\n\r\n", error);
            Assert.Contains("\"error\"", error);
        }
    }

    [Fact]
    public async Task The_error_event_of_responses_takes_the_next_sequence_number()
    {
        var (text, _) = await StreamAsync("/v1/responses", "sim-err2", "connection: close\r\n");

        Assert.Contains("\"type\":\"error\",\"sequence_number\":6,", text);
    }

    [Fact]
    public async Task A_gemini_array_that_fails_is_still_json()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var answer = await client.PostAsync("/v1beta/models/sim-err2:streamGenerateContent", "{}");

        Assert.Equal(3, System.Text.Json.JsonDocument.Parse(answer.Body).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("sim-hrst", RawEnd.Reset, 0)]
    [InlineData("sim-rst1", RawEnd.Reset, 0.5)]
    [InlineData("sim-fin1", RawEnd.Fin, 0.5)]
    public async Task A_whole_answer_is_cut_in_the_middle_of_its_body(string model, RawEnd expected, double part)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/messages", $$"""{"model":"{{model}}"}"""));

        var (text, end) = await client.ReadToEndAsync();

        var length = int.Parse(text.Split("content-length: ")[1].Split("\r\n")[0]);
        Assert.Equal(expected, end);
        Assert.Equal((int)(length * part), Body(text).Length);
    }

    [Fact]
    public async Task Silence_holds_until_the_client_leaves_and_the_upstream_sees_how()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/messages", """{"model":"sim-stall2","stream":true}"""));
        await client.TakeUntilAsync("simulator: ");
        var request = await _upstream.NextRequestAsync().WaitAsync(RawClient.Deadline);

        Assert.False(request.ClientGone.IsCompleted);
        client.Socket.LingerState = new(true, 0);
        client.Dispose();

        Assert.Equal(ClientEnd.Reset, await _upstream.WhenClientGoneAsync(1).WaitAsync(RawClient.Deadline));
        Assert.Equal(AnswerEnd.ClientGone, await request.Answered.WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task A_client_that_closes_is_told_from_one_that_resets()
    {
        var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.PostAsync("/v1/messages", """{"model":"sim"}""");

        client.Dispose();

        Assert.Equal(ClientEnd.Closed, await _upstream.WhenClientGoneAsync(1).WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task A_gate_lets_no_event_out_before_its_permit()
    {
        var gate = new Gate();
        _upstream.Script(Answer.Sse(AnthropicTranscript.Text).GateAfter(2, gate));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/messages", "{}"));

        await gate.ReachedAsync().WaitAsync(RawClient.Deadline);
        await client.TakeUntilAsync("content_block_start\"");
        Assert.False(_upstream.Requests[0].Answered.IsCompleted);
        gate.Release();

        await client.TakeUntilAsync("message_stop\"");
        Assert.Equal(AnswerEnd.Sent, await _upstream.Requests[0].Answered.WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task A_gate_for_every_event_lets_them_out_one_by_one()
    {
        var gate = new Gate();
        _upstream.Script(Answer.Like("sim-n3").GateEvery(gate));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/chat/completions", """{"model":"sim","stream":true}"""));

        foreach (var mark in (string[])["assistant", "Holdfast", "simulator:", "your", "finish_reason\":\"stop", "[DONE]"])
        {
            await gate.ReachedAsync().WaitAsync(RawClient.Deadline);
            gate.Release();
            await client.TakeUntilAsync(mark);
        }
    }

    [Fact]
    public async Task Delays_pings_and_intervals_go_by_the_given_clock()
    {
        var answer = Answer.Like("sim-n2").PingsFor(TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(20), 2);
        _upstream.Script(answer.DelayHeaders(TimeSpan.FromMilliseconds(1)));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var text = (await client.PostAsync("/v1/responses", """{"stream":true}""")).Text;

        var names = text.Split("event: ")[1..].Select(e => e.Split('\n')[0]).ToList();
        var numbers = text.Split("\"sequence_number\":")[1..].Select(e => int.Parse(e.Split([',', '}'])[0]));
        Assert.Equal(["keepalive", "keepalive", "keepalive"], names[2..5]);
        Assert.Equal(Enumerable.Range(0, names.Count), numbers);
    }

    [Theory]
    [InlineData("/v1/messages", "\"type\":\"overloaded_error\"")]
    [InlineData("/v1/chat/completions", "\"code\":\"server_is_overloaded\"")]
    [InlineData("/v1/responses", "\"code\":\"server_is_overloaded\"")]
    [InlineData("/v1beta/models/sim-h529-ra7:generateContent", "\"retryDelay\":\"7s\"")]
    public async Task A_status_has_the_protocols_body_and_the_wait(string path, string mark)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var answer = await client.PostAsync(path, """{"model":"sim-h529-ra7","stream":true}""");

        Assert.Equal((529, "7"), (answer.Status, answer.Header("retry-after")));
        Assert.Contains(mark, answer.Text);
    }

    [Theory]
    [InlineData("/v1/messages", "\"type\":\"not_found_error\"")]
    [InlineData("/v1/chat/completions", "\"code\":\"model_not_found\"")]
    [InlineData("/v1beta/models/sim-bogus:generateContent", "\"status\":\"NOT_FOUND\"")]
    public async Task An_unknown_part_is_a_model_not_found_that_names_it(string path, string mark)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var answer = await client.PostAsync(path, """{"model":"sim-bogus"}""");
        var other = await client.PostAsync("/v1/messages", """{"model":"claude-opus-5-5"}""");

        Assert.Equal((404, 404), (answer.Status, other.Status));
        Assert.Contains(mark, answer.Text);
        Assert.Contains("'bogus'", answer.Text);
        Assert.Contains("model: claude-opus-5-5", other.Text);
    }

    [Fact]
    public async Task Only_the_first_n_requests_of_a_name_fail()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        var statuses = new List<int>();

        foreach (var model in (string[])["sim-h503-fails2", "sim-h503-fails1", "sim-h503-fails2", "sim-h503-fails2"])
        {
            statuses.Add((await client.PostAsync("/v1/messages", $$"""{"model":"{{model}}"}""")).Status);
        }

        Assert.Equal([503, 503, 503, 200], statuses);
    }

    [Fact]
    public async Task Compression_is_real_unless_it_is_bad()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        _upstream.Script(
            Answer.Sse(ChatTranscript.Text).Gzip(), Answer.Sse(ChatTranscript.Text).Brotli(), Answer.Ok().BadGzip());

        var gzip = await client.PostAsync("/v1/chat/completions", "{}");
        var brotli = await client.PostAsync("/v1/chat/completions", "{}");
        var bad = await client.PostAsync("/v1/chat/completions", "{}");

        Assert.Equal(ChatTranscript.Text.Text, Decode(new GZipStream(new MemoryStream(gzip.Body), CompressionMode.Decompress)));
        Assert.Equal(
            ChatTranscript.Text.Text, Decode(new BrotliStream(new MemoryStream(brotli.Body), CompressionMode.Decompress)));
        Assert.Equal(("gzip", "br", "gzip"),
            (gzip.Header("content-encoding"), brotli.Header("content-encoding"), bad.Header("content-encoding")));
        Assert.StartsWith("this is not gzip", bad.Text);
    }

    [Fact]
    public async Task Dirt_is_what_it_says()
    {
        var plain = ChatTranscript.Text.Text;

        Assert.Equal(plain.Replace("\n", "\r\n"), await DirtyAsync(a => a.WithCrLf()));
        Assert.Equal(plain.Replace("\n", "\r"), await DirtyAsync(a => a.WithCr()));
        Assert.Equal("\uFEFF" + plain, await DirtyAsync(a => a.WithBom()));
        Assert.Equal(plain.Replace("data: ", "data:"), await DirtyAsync(a => a.WithoutDataSpace()));
        Assert.Equal(plain.Replace("[DONE]", "[DONE] "), await DirtyAsync(a => a.WithDoneBlank()));
        Assert.Equal(plain.Replace("data: [DONE]\n\n", ""), await DirtyAsync(a => a.WithoutTerminalEvent()));
        Assert.Equal(plain[..^1], await DirtyAsync(a => a.WithoutFinalBlankLine()));
        Assert.Equal("data:\n\n" + plain, await DirtyAsync(a => a.WithEmptyDataLine(0)));
        Assert.DoesNotContain("event:", await DirtyAsync(a => a.WithoutEventLines(), AnthropicTranscript.Text));
        Assert.Equal(plain, await DirtyAsync(a => a.Split(1)));
    }

    [Fact]
    public async Task A_split_answer_has_one_byte_a_chunk()
    {
        _upstream.Script(Answer.Sse(SimulatedProtocol.Chat, "data: ä\n\n").Split(1));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/chat/completions", "{}", "connection: close\r\n"));

        await client.TakeUntilAsync(Head);
        await client.TakeUntilAsync("1\r\nd\r\n1\r\na\r\n");
    }

    [Fact]
    public async Task Framing_is_chosen_and_a_wrong_length_closes()
    {
        _upstream.Script(
            Answer.Json("{}").Chunked(), Answer.Sse(ChatTranscript.Text).ContentLength(), Answer.Json("{}").ContentLength(9));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var chunked = await client.PostAsync("/v1/messages", "{}");
        var sized = await client.PostAsync("/v1/messages", "{}");
        await client.SendAsync(RawClient.Post("/v1/messages", "{}"));
        var (text, end) = await client.ReadToEndAsync();

        Assert.Equal(("chunked", "{}"), (chunked.Header("transfer-encoding"), chunked.Text));
        Assert.Equal(ChatTranscript.Text.Text, sized.Text);
        Assert.EndsWith("content-length: 9\r\nrequest-id: req_sim_00000003\r\n\r\n{}", text);
        Assert.Equal(RawEnd.Fin, end);
    }

    [Fact]
    public async Task Other_things_than_an_answer_are_sent_as_asked()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        _upstream.Script(
            Answer.Html(502), Answer.JsonForStream(), Answer.Ok().WithUnaskedContinue(), Answer.Ok().Header("X-A", "b"),
            Answer.Choose(r => Answer.Json($"\"{r.Number}\"")), Answer.Raw("SSH-2.0-OpenSSH\r\n"u8));
        const string Streaming = """{"model":"sim","stream":true}""";

        var html = await client.PostAsync("/v1/messages", Streaming);
        var json = await client.PostAsync("/v1/messages", Streaming);
        var interim = await client.PostAsync("/v1/messages", "{}");
        await client.ReadAnswerAsync();
        var header = await client.PostAsync("/v1/messages", "{}");
        var chosen = await client.PostAsync("/v1/messages", "{}");
        await client.SendAsync(RawClient.Post("/v1/messages", "{}"));
        var (garbage, end) = await client.ReadToEndAsync();

        Assert.Equal((502, "text/html; charset=UTF-8"), (html.Status, html.Header("content-type")));
        Assert.Equal((200, "application/json"), (json.Status, json.Header("content-type")));
        Assert.Equal(100, interim.Status);
        Assert.Equal("b", header.Header("x-a"));
        Assert.Equal("\"5\"", chosen.Text);
        Assert.Equal(("SSH-2.0-OpenSSH\r\n", RawEnd.Fin), (garbage, end));
    }

    private static string Start(Transcript transcript, int bytes) => Encoding.UTF8.GetString(transcript.Bytes.Span[..bytes]);

    private static string Body(string answer) => answer.Split(Head, 2)[1];

    private static string Decode(Stream stream) => new StreamReader(stream, Encoding.UTF8).ReadToEnd();

    private async Task<string> DirtyAsync(Func<Answer, Answer> soil, Transcript? transcript = null)
    {
        _upstream.Script(soil(Answer.Sse(transcript ?? ChatTranscript.Text)));
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        return (await client.PostAsync("/v1/chat/completions", "{}")).Text;
    }

    private async Task<(string Text, RawEnd End)> StreamAsync(string path, string model = "sim", string headers = "")
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        await client.SendAsync(RawClient.Post(path, $$"""{"model":"{{model}}","stream":true}""", headers));
        return await client.ReadToEndAsync();
    }
}
