using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;
using Holdfast.TestKit;
using Holdfast.Tests.Wire;

namespace Holdfast.Tests.Recording.Projection;

/// <summary>Whatever became of an exchange and whatever its bodies hold: it has a row that says so.</summary>
public sealed class EveryExchangeTests : IDisposable
{
    private const string Hello = """{"messages":[{"role":"user","content":"say hello"}]}""";
    private const string Answered = """{"content":[{"type":"text","text":"Hello."}],"usage":{"input_tokens":3,"output_tokens":2}}""";

    private static readonly string[] Words =
    [
        "messages", "input", "contents", "content", "parts", "role", "type", "text", "tool_use", "tool_result", "function_call", "functionCall",
        "functionResponse", "response", "candidates", "choices", "message", "output", "usage", "usageMetadata", "input_tokens", "system",
        "instructions", "metadata", "user_id", "thinking", "reasoning", "tool_calls", "function", "arguments", "input_image", "image_url",
        "user", "assistant", "system", "tool", "source", "data", "tools", "summary", "error", "stop_reason", "status", "{", "{}", "[1]", "",
        "data:image/png;base64,AAAA", "\ud83d\ude00", "-----BEGIN PRIVATE KEY-----", "sk-ant-aaaaaaaaaaaaaaaa",
    ];

    private static readonly string[] Tops =
    [
        "messages", "input", "contents", "content", "choices", "candidates", "output", "system", "instructions", "tools", "usage",
        "usageMetadata", "stop_reason", "status", "metadata", "error",
    ];

    private readonly Projections _projections = new();

    public void Dispose() => _projections.Dispose();

    [Fact]
    public void A_row_has_the_56_columns_in_their_order()
    {
        string[] expected =
        [
            "gateway_id", "schema_version", "session_id", "conversation_id", "user_id", "provider", "model", "system_text", "tools",
            "conversation_started_at", "conversation_source", "client_name", "cwd", "git_branch", "git_remote", "head_sha", "repo_root",
            "client_version", "entrypoint", "user_type", "permission_mode", "is_sidechain", "agent_id", "parent_thread_id", "message_id",
            "previous_message_id", "provider_uuid", "parent_uuid", "logical_parent_uuid", "source_tool_assistant_uuid", "request_id",
            "prompt_id", "message_index", "message_created_at", "role", "part_id", "part_index", "part_type", "provider_type",
            "provider_subtype", "content_text", "tool_name", "tool_call_id", "tool_args", "caller_type", "tool_result_for",
            "thinking_signature", "attachment_type", "hook_event", "is_error", "is_compact_summary", "compact_metadata", "status",
            "attributes", "raw_frame", "date",
        ];

        Assert.Equal(56, expected.Length);
        Assert.Equal(expected, RecordJson.Default.MessageRecord.Properties.Select(one => one.Name));
        var row = _projections.Turn("anthropic", Hello, Answered)[0];
        var written = JsonSerializer.Serialize(row, RecordJson.Default.MessageRecord);
        Assert.Equal(row, JsonSerializer.Deserialize(written, RecordJson.Default.MessageRecord));
        Assert.StartsWith("""{"gateway_id":"holdfast","schema_version":7,"session_id":"s-1",""", written, StringComparison.Ordinal);
        Assert.Equal("2026-07-02", row.Date);
    }

    [Fact]
    public void The_attributes_say_what_the_exchange_was()
    {
        var exchange = _projections.Exchange("anthropic", one => (one.Query, one.UpstreamRequestId) = ("?beta=true", "req_1"));
        var row = _projections.Of(exchange, new()
        {
            Request = Projections.Bytes(Hello),
            Answer = Projections.Bytes(Answered),
            RequestHeaders = [new("Accept", "a"), new("X-Api-Key", "REDACTED:abcd"), new("accept", "b")],
            ResponseHeaders = [new("request-id", "req_1")],
        })[1];

        Assert.Equal(
            """{"gateway":{"exchange_id":"ex-1","upstream":"anthropic","method":"POST","path":"/v1/messages?beta=true","status_code":200,"request_bytes":100,"response_bytes":200,"is_sse":true,"stream_event_count":7,"request_headers":{"accept":"a, b","x-api-key":"REDACTED:abcd"},"response_headers":{"request-id":"req_1"}},"usage":{"input_tokens":3,"output_tokens":2,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":5},"client":{"name":"claude-cli","version":"2.1.329"}}""",
            row.Attributes);
        Assert.Equal(("req_1", exchange.StartedAt.AddMilliseconds(1500)), (row.RequestId, row.MessageCreatedAt));
    }

    [Theory]
    [InlineData(Hello)]
    [InlineData("garbage")]
    [InlineData("")]
    public void A_failed_exchange_always_has_a_row_that_says_so(string body)
    {
        _projections.Turn("anthropic", Hello, Answered);

        var rows = _projections.Turn("anthropic", body, null, Reset);

        var row = Assert.Single(rows);
        Assert.Equal(("assistant", "error", "ex-2#0", "read ECONNRESET"), (row.Role, row.PartType, row.PartId, row.ContentText));
        Assert.Equal(("stream_reset", "read ECONNRESET"), (row.Status("error_code"), row.Status("error_message")));
        Assert.Equal("error", row.Status("finish_reason"));
        Assert.Equal("read ECONNRESET", row.Gateway().GetProperty("error").GetString());
    }

    [Fact]
    public void A_refused_exchange_that_no_upstream_saw_has_one_too()
    {
        var exchange = new ExchangeRecord { ExchangeId = "ex-9", Method = "GET", Path = "/nowhere", Status = 404, End = ExchangeEnd.Refused, Error = "no_route" };

        var row = Assert.Single(_projections.Of(exchange, new()));

        Assert.Equal(("error", "unknown", "ex-9"), (row.PartType, row.Provider, row.SessionId));
        Assert.False(row.Gateway().TryGetProperty("upstream", out _));
    }

    [Fact]
    public void What_an_upstream_said_of_its_error_is_the_rows_text()
    {
        var rows = _projections.Turn("anthropic", Hello,
            """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}""",
            exchange => (exchange.End, exchange.Status, exchange.Error, exchange.ErrorCode) =
                (ExchangeEnd.UpstreamError, 529, "overloaded_error", "upstream:overloaded_error"));

        Assert.Equal(["user text: say hello", "assistant error: Overloaded"], rows.Told());
        Assert.Equal("upstream:overloaded_error", rows[1].Status("error_code"));
    }

    [Fact]
    public void The_tokens_of_a_cut_answer_stand_on_its_error()
    {
        var rows = _projections.Turn("anthropic", Hello, null, exchange =>
        {
            Reset(exchange);
            (exchange.UsageState, exchange.InputTokens, exchange.OutputTokens) = (UsageState.Estimated, 40, 7);
        });

        Assert.Equal([rows[^1]], rows.Carriers());
        Assert.Equal((40, 7), (rows.Sum("input_tokens"), rows.Sum("output_tokens")));
    }

    [Fact]
    public void An_answer_whose_client_had_left_has_its_rows_its_tokens_once_and_the_error()
    {
        var rows = _projections.Turn("anthropic", Hello, Answered, exchange => (exchange.End, exchange.Error) = (ExchangeEnd.ClientAborted, "client_aborted"));

        Assert.Equal(["user text: say hello", "assistant text: Hello.", "assistant error: client_aborted"], rows.Told());
        Assert.Equal([rows[1]], rows.Carriers());
        Assert.All(rows, row => Assert.Equal("client_aborted", row.Gateway().GetProperty("error").GetString()));
    }

    [Fact]
    public void A_count_of_tokens_is_no_turn()
    {
        var rows = _projections.Turn("anthropic", Hello, """{"input_tokens":9}""", exchange => exchange.Path = "/v1/messages/count_tokens");
        var turn = _projections.Turn("anthropic", Hello, Answered);

        Assert.Equal(["assistant exchange: "], rows.Told());
        Assert.Empty(rows.Carriers());
        Assert.Equal(["user text: say hello", "assistant text: Hello."], turn.Told());
    }

    [Theory]
    [InlineData("anthropic", """{"messages":[{"role":"user","content":[{"type":"text","text":"see data:image/png;base64,QUJDREVG end"},{"type":"image","source":{"type":"base64","data":"QUJDREVG"}}]}]}""")]
    [InlineData("anthropic", """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","data":"QUJDREVG"}}]}]}]}""")]
    [InlineData("openai-chat", """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJDREVG"}}]}]}""")]
    [InlineData("openai-responses", """{"input":[{"type":"function_call_output","call_id":"c","output":"[{\"image_url\":\"data:image/png;charset=x;base64,QUJDREVG\"}]"}]}""")]
    [InlineData("openai-responses", """{"input":[{"role":"user","content":[{"type":"input_file","file_url":"data:application/pdf;base64,QUJDREVG"}]}]}""")]
    [InlineData("gemini", """{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"QUJDREVG"}}]}]}""")]
    public void Encoded_data_is_never_among_the_text(string protocol, string body)
    {
        var rows = _projections.Turn(protocol, body, null);

        Assert.All(rows, row => Assert.DoesNotContain("QUJDREVG", row.ContentText ?? "", StringComparison.Ordinal));
        Assert.True(rows.Count > 1);
    }

    [Fact]
    public void Data_without_a_name_is_known_by_its_look()
    {
        var data = Convert.ToBase64String(Enumerable.Range(0, 600).Select(i => (byte)(i * 7)).ToArray());
        var ruler = new string('a', 400);

        Assert.Equal($"before … after {ruler}", EncodedData.RemovedFrom($"before {data} after {ruler}"));
        Assert.Equal("…", EncodedData.RemovedFrom(data));
        Assert.Equal("data:text/plain;base64,…\nend", EncodedData.RemovedFrom($"data:text/plain;base64,{data[..76]}\n{data[76..100]}\nend"));
    }

    [Fact]
    public void The_raw_mode_keeps_every_part_as_it_came()
    {
        var exchange = _projections.Exchange();
        var rows = _projections.Of(
            exchange, new() { Request = Projections.Bytes(Hello), Answer = Projections.Bytes(Answered), Mode = ProjectionMode.Raw });
        var unread = _projections.Of(_projections.Exchange("anthropic", one => one.Path = "/v1/files"), new()
        {
            Request = Projections.Bytes("""{"a":1.0}"""), Mode = ProjectionMode.Raw,
        });

        Assert.Equal(["\"say hello\"", """{"type":"text","text":"Hello."}"""], rows.Select(row => row.RawFrame));
        Assert.Equal("""{"request":{"a":1.0},"answer":null}""", unread[0].RawFrame);
        Assert.All(_projections.Turn("anthropic", Hello, null), row => Assert.Null(row.RawFrame));
    }

    /// <summary>Clients cut texts in the middle of an emoji.</summary>
    [Fact]
    public void Half_a_character_costs_that_character_only()
    {
        byte[] invalid = [.. "{\"messages\":[{\"role\":\"user\",\"content\":\"cut "u8, 0xF0, 0x9F, .. "\"}]}"u8];

        var escaped = _projections.Turn("anthropic", """{"messages":[{"role":"user","content":"cut \ud83d, \\ud83d, \ud83d\ude00 \udc00"}]}""", null);
        var bytes = _projections.Of(_projections.Exchange(), new() { Request = invalid });

        Assert.Equal("cut \ufffd, \\ud83d, 😀 \ufffd", escaped[0].ContentText);
        Assert.Equal("cut \ufffd", bytes[0].ContentText);
    }

    [Fact]
    public void Any_json_and_any_garbage_gives_a_row_with_good_attributes()
    {
        var count = 0;
        Exchanges().HoldsFor(one =>
        {
            var rows = _projections.Turn(one.Protocol, one.Request, one.Answer, exchange =>
            {
                exchange.Session = one.Fails ? null : exchange.ExchangeId;
                exchange.End = one.Fails ? ExchangeEnd.Failed : ExchangeEnd.Completed;
            });

            count += rows.Count;
            Assert.NotEmpty(rows);
            Assert.Equal(one.Fails, rows[^1] is { PartType: "error", IsError: true });
            Assert.InRange(rows.Carriers().Count, 0, 1);
            Assert.All(rows, row => AssertSound(row, one.Fails));
        });

        // Otherwise it did not get far into the readers.
        Assert.True(count > 1500, $"only {count} rows");
    }

    private static void AssertSound(MessageRecord row, bool fails)
    {
        Assert.Equal(fails, row.Gateway().TryGetProperty("error", out _));
        Assert.All(
            new[] { row.Tools, row.PreviousMessageId, row.ToolArgs, row.Status, row.RawFrame }.OfType<string>(),
            json => JsonDocument.Parse(json).Dispose());
        Assert.NotEmpty(row.MessageId);
        Assert.NotEmpty(row.PartType);
        Assert.DoesNotContain("sk-ant-a", JsonSerializer.Serialize(row, RecordJson.Default.MessageRecord), StringComparison.Ordinal);
    }

    private static void Reset(ExchangeRecord exchange) =>
        (exchange.End, exchange.Error, exchange.ErrorCode) = (ExchangeEnd.Failed, "read ECONNRESET", "stream_reset");

    private static Gen<(string Protocol, string Request, string Answer, bool Fails)> Exchanges() =>
        from protocol in Gen.Elements(SampleRequests.Protocols.ToArray())
        from request in Bodies()
        from answer in Bodies()
        from fails in Gen.Elements(true, false)
        select (protocol, request, answer, fails);

    /// <summary>JSON of the words that the readers know, in any order; now and then cut off or no JSON at all.</summary>
    private static Gen<string> Bodies() =>
        from values in Gen.OneOf(List(3), List(3), Value(3)).ArrayOf(Tops.Length)
        from damage in Gen.Choose(0, 9)
        from cut in Gen.Choose(0, 300)
        from other in Value(2)
        let body = $"{{{string.Join(',', Tops.Zip(values, (name, value) => $"\"{name}\":{value}"))}}}"
        select damage switch { 0 => body[..Math.Min(cut, body.Length)], 1 => other, _ => body };

    private static Gen<string> Value(int depth)
    {
        var word = Gen.Elements(Words).Select(one => JsonSerializer.Serialize(one));
        var leaf = Gen.OneOf(word, word, Gen.Elements("null", "true", "7", "-1.5e3", "99999999999999999999", "\"\\ud83d\"", "{}", "[]"));
        return depth == 0 ? leaf : Gen.OneOf(leaf, List(depth), Object(depth), Object(depth));
    }

    private static Gen<string> List(int depth) =>
        from count in Gen.Choose(0, 3)
        from items in Gen.OneOf(Object(depth), Object(depth), Value(depth - 1)).ArrayOf(count)
        select $"[{string.Join(',', items)}]";

    private static Gen<string> Object(int depth) =>
        from count in Gen.Choose(2, 5)
        from members in Member(depth - 1).ArrayOf(count)
        select $"{{{string.Join(',', members)}}}";

    private static Gen<string> Member(int depth)
    {
        var any = Gen.Elements(Words).Zip(Value(depth));
        var texts = Gen.Elements("type", "role", "text", "id", "name", "call_id", "tool_use_id", "status").Zip(Value(0));
        var lists = Gen.Elements("content", "parts", "content", "parts", "tool_calls", "summary").Zip(depth > 0 ? List(depth) : Value(0));
        var objects = Gen.Elements("message", "content", "function", "functionCall", "source", "input").Zip(depth > 0 ? Object(depth) : Value(0));
        return Gen.OneOf(any, texts, texts, lists, lists, lists, objects).Select(member => $"{JsonSerializer.Serialize(member.Item1)}:{member.Item2}");
    }
}
