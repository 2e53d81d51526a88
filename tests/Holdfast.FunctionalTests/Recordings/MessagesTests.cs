using System.Globalization;
using System.Text.Json;
using Holdfast.Recording.Privacy;
using Holdfast.Simulator.Answers;
using Holdfast.Sinks;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Recordings;

/// <summary>Each message of a conversation is recorded once, the tokens of an answer once, a failure always.</summary>
public sealed class MessagesTests : IDisposable
{
    private const string Told =
        "SELECT role, part_type, content_text FROM ai_gateway_messages ORDER BY message_created_at, message_index, part_index";

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_turn_adds_what_is_new_in_it_after_a_restart_too(bool restarts)
    {
        var gateway = await StartAsync();
        await TurnAsync(gateway, "first", """{"role":"user","content":"one"}""");
        if (restarts)
        {
            await gateway.DisposeAsync();
            gateway = await StartAsync();
        }

        await TurnAsync(gateway, "second",
            """{"role":"user","content":"one"},{"role":"assistant","content":[{"type":"text","text":"first"}]},{"role":"user","content":"two"}""");
        await gateway.DisposeAsync();

        Assert.Equal(
            "user|text|one, assistant|text|first, user|text|two, assistant|text|second", string.Join(", ", _recordings.Ask(Told)));
        Assert.Equal(["2", "2"], _recordings.Ask("SELECT messages FROM ai_gateway_exchanges"));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_tokens_of_all_rows_are_those_the_upstream_stated(string protocol)
    {
        var exchanges = new List<string>();
        await using (var gateway = await StartAsync())
        {
            foreach (var stream in new[] { true, false, true })
            {
                var said = new Conversation(Reply: $"reply {exchanges.Count}");
                gateway.Upstream.Always(said.AnswerOf(protocol, stream));
                exchanges.Add(await said.AskAsync(gateway, protocol, stream, ("x-session-id", "s")));
            }
        }

        var usage = (string key) => $"CAST(json_extract(attributes, '$.usage.{key}') AS BIGINT)";
        Assert.Equal(
            ["3|75|60"],
            _recordings.Ask($"SELECT count({usage("output_tokens")}), sum({usage("input_tokens")}), sum({usage("output_tokens")}) FROM ai_gateway_messages"));
        Assert.Equal(
            exchanges.Order(StringComparer.Ordinal),
            _recordings.Ask("SELECT DISTINCT json_extract(attributes, '$.gateway.exchange_id') FROM ai_gateway_messages ORDER BY 1"));
        Assert.Equal(["reply 0 and more", "reply 1", "reply 2 and more"], _recordings.Ask(
            "SELECT content_text FROM ai_gateway_messages WHERE role = 'assistant' AND part_type = 'text' ORDER BY message_created_at"));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_failed_exchange_has_a_row_that_says_so_and_what_was_asked(string protocol)
    {
        await using (var gateway = await StartAsync())
        {
            var said = new Conversation();
            foreach (var answer in new[]
            {
                said.AnswerOf(protocol, stream: true).ResetAfterEvent(3),
                Answer.Ok().FinBeforeHeaders(),
                Answer.Status(400, """{"error":{"type":"invalid_request_error","message":"no"}}"""),
            })
            {
                gateway.Upstream.Always(answer);
                await said.AskAsync(gateway, protocol, stream: true, ("x-session-id", "s"));
            }
        }

        Assert.Equal(
            ["read ECONNRESET|1", "socket hang up|1", "invalid_request_error|1"],
            _recordings.Ask(
                """
                SELECT e.error, count(*) FILTER (m.part_type = 'error' AND m.is_error) FROM ai_gateway_exchanges e
                JOIN ai_gateway_messages m ON json_extract(m.attributes, '$.gateway.exchange_id') = e.exchange_id
                GROUP BY e.exchange_id, e.error ORDER BY e.exchange_id
                """));
        Assert.Equal(["1"], _recordings.Ask("SELECT count(*) FROM ai_gateway_messages WHERE content_text = 'prompt-words'"));
    }

    [Fact]
    public async Task A_refused_request_has_a_row_that_says_so()
    {
        await using (var gateway = await StartAsync())
        {
            await using var client = await gateway.ConnectAsync();
            await client.RequestAsync("POST", "/v1/messages", "{ broken");
            await client.ReadToEndAsync();
        }

        Assert.Equal(["assistant|error|true"], _recordings.Ask("SELECT role, part_type, is_error FROM ai_gateway_messages"));
    }

    /// <summary>Whole answers may come compressed, and so long that they are not held.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("long")]
    public async Task An_answer_is_read_however_it_comes(string how)
    {
        var said = new Conversation(Reply: how == "long" ? new string('y', 5 * 1024 * 1024) : "reply-words");
        await using (var gateway = await StartAsync())
        {
            var answer = said.AnswerOf("anthropic", stream: false);
            gateway.Upstream.Always(how switch { "gzip" => answer.Gzip(), "br" => answer.Brotli(), _ => answer });
            await said.AskAsync(gateway, stream: false, headers: ("accept-encoding", "gzip, br"));
        }

        Assert.Equal(
            [said.Reply.Length.ToString(CultureInfo.InvariantCulture)],
            _recordings.Ask("SELECT length(content_text) FROM ai_gateway_messages WHERE role = 'assistant' AND part_type = 'text' AND content_text NOT LIKE '%argument%'"));
    }

    [Fact]
    public async Task Bodies_that_memory_has_no_room_for_are_dropped_and_counted_and_their_exchange_is_recorded()
    {
        await using (var gateway = await StartAsync(recording => recording.MaxBodyBytes = 1024 * 1024))
        {
            await new Conversation(Prompt: new string('x', 2 * 1024 * 1024)).AskAsync(gateway);
            await new Conversation(Prompt: "small").AskAsync(gateway);
            await gateway.NextRecordAsync();
            await gateway.NextRecordAsync();

            Assert.Equal(1, await gateway.MetricAsync("holdfast_recording_bodies_dropped_total"));
        }

        Assert.Equal(["false", "true"], _recordings.Ask("SELECT messages IS NOT NULL FROM ai_gateway_exchanges ORDER BY exchange_id"));
        Assert.Contains("user|text|small", _recordings.Ask(Told));
        Assert.Equal(["1"], _recordings.Ask("SELECT count(*) FROM ai_gateway_messages WHERE part_type = 'unrecorded'"));
    }

    [Fact]
    public async Task A_file_of_seen_messages_that_cannot_be_written_stops_nothing()
    {
        await using (var gateway = await StartAsync())
        {
            Directory.CreateDirectory(Path.Combine(_recordings.Folder, "seen-messages.bin"));
            await new Conversation().AskAsync(gateway);
            await gateway.NextRecordAsync();
            await new Conversation().AskAsync(gateway);
            await gateway.NextRecordAsync();
        }

        Assert.Equal(["2"], _recordings.Ask("SELECT count(*) FROM ai_gateway_exchanges"));
    }

    // One turn of a session, with the answer it gets.
    private static async Task TurnAsync(TestGateway gateway, string reply, string messages)
    {
        gateway.Upstream.Always(new Conversation(Reply: reply).AnswerOf("anthropic", stream: false));
        await using var client = await gateway.ConnectAsync();
        await client.RequestAsync(
            "POST", "/v1/messages", $$"""{"model":"test","max_tokens":64,"messages":[{{messages}}]}""", ("x-claude-code-session-id", "s"));
        JsonDocument.Parse(await client.ReadTextAsync()).Dispose();

        // Its answer is with the client before it is recorded: the next turn must not be recorded first.
        await gateway.NextRecordAsync();
    }

    private Task<TestGateway> StartAsync(Action<RecordingOptions>? configure = null) => TestGateway.StartAsync(
        options =>
        {
            options.Recording.Bodies = BodyRecording.Messages;
            options.Recording.FsyncInterval = TimeSpan.FromMilliseconds(20);
            configure?.Invoke(options.Recording);
        },
        home: _recordings.Home);
}
