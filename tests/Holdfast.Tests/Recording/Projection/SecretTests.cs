using Holdfast.Recording.Projection;
using Holdfast.Recording.Records;

namespace Holdfast.Tests.Recording.Projection;

/// <summary>Secrets in bodies and headers never come out, wherever they stand.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Key = "sk-ant-api03-CANARYCANARYCANARY";

    private readonly Projections _projections = new(new(@"CANARY-\d+"));

    public static TheoryData<string, string> Bodies => new()
    {
        { "anthropic", """{"model":"$","system":"$","metadata":{"user_id":"$"},"tools":[{"name":"t","description":"$","$":1}],"messages":[{"role":"$","content":[{"type":"$","text":"$"},{"type":"thinking","thinking":"$","signature":"$"},{"type":"tool_use","id":"$","name":"$","input":{"$":["$"]},"caller":{"type":"$"}},{"type":"tool_result","tool_use_id":"$","content":"$"},{"type":"document","title":"$","source":{"type":"$"}}]}],"content":[{"type":"text","text":"$"}],"id":"$","stop_reason":"$","stop_details":{"category":"$","explanation":"$"}}""" },
        { "openai-chat", """{"model":"$","messages":[{"role":"assistant","name":"$","content":"$","refusal":"$","reasoning":"$","tool_calls":[{"id":"$","type":"$","function":{"name":"$","arguments":"{\"k\":\"$\"}"}},{"custom":{"name":"n","input":"$ $"}}]},{"role":"tool","tool_call_id":"$","content":"$"}],"choices":[{"message":{"content":"$"},"finish_reason":"$"}],"id":"$"}""" },
        { "openai-responses", """{"model":"$","instructions":"$","conversation":"$","input":[{"type":"$","role":"$","id":"$","content":[{"type":"$","text":"$"}]},{"type":"reasoning","summary":[{"text":"$"}],"encrypted_content":"$"},{"type":"function_call","call_id":"$","name":"$","namespace":"$","arguments":"$"},{"type":"function_call_output","call_id":"$","output":"$"}],"output":[{"type":"message","phase":"$","content":[{"type":"output_text","text":"$"}]}],"status":"$","error":{"code":"$","message":"$"}}""" },
        { "gemini", """{"systemInstruction":{"parts":[{"text":"$"}]},"contents":[{"role":"$","parts":[{"text":"$","thoughtSignature":"$"},{"functionCall":{"id":"$","name":"$","args":{"$":"$"}}},{"functionResponse":{"name":"$","response":{"a":"$"}}},{"$":{"code":"$"}},{"fileData":{"mimeType":"$","fileUri":"$"}}]}],"candidates":[{"content":{"parts":[{"text":"$"}]},"finishReason":"$","finishMessage":"$"}],"modelVersion":"$","responseId":"$"}""" },
    };

    public void Dispose() => _projections.Dispose();

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_secret_anywhere_in_a_body_does_not_come_out(string protocol, string body)
    {
        foreach (var (secret, mode) in new[] { (Key, ProjectionMode.Raw), ("CANARY-77", ProjectionMode.Messages), ($"{Key} CANARY-77", ProjectionMode.Raw) })
        {
            var bytes = Projections.Bytes(body.Replace("$", secret, StringComparison.Ordinal));
            var rows = _projections.Of(_projections.Exchange(protocol), new()
            {
                Request = bytes,
                Answer = bytes,
                Mode = mode,
                Directory = $"/home/{secret}",
                RequestHeaders = [new("x-note", secret), new("x-claude-code-agent-id", secret), new("thread-id", secret), new(secret, "x")],
                ResponseHeaders = [new("x-note", secret)],
            });

            Assert.True(rows.Count > 2);
            Assert.DoesNotContain("CANARY", rows.AllText(), StringComparison.Ordinal);
            Assert.Contains("REDACTED", rows.AllText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Neither_does_one_in_an_error_a_path_or_a_name()
    {
        var rows = _projections.Turn("anthropic", "{}", $$$"""{"error":{"type":"{{{Key}}}","message":"invalid {{{Key}}}"}}""", exchange =>
        {
            (exchange.End, exchange.Status, exchange.Error) = (ExchangeEnd.UpstreamError, 401, $"failed {Key}");
            (exchange.Query, exchange.Session, exchange.Upstream) = ($"?k={Key}", Key, Key);
            (exchange.ClientName, exchange.ClientVersion, exchange.ModelAsked) = (Key, Key, Key);
            (exchange.UpstreamRequestId, exchange.ErrorCode, exchange.ErrorDetail) = (Key, Key, Key);
        });

        Assert.DoesNotContain("CANARY", rows.AllText(), StringComparison.Ordinal);
        Assert.Equal("error", rows[^1].PartType);
    }

    [Fact]
    public void Two_sessions_that_look_like_secrets_stay_two()
    {
        var one = _projections.Turn("anthropic", "{}", null, exchange => exchange.Session = "CANARY-1")[0];
        var other = _projections.Turn("anthropic", "{}", null, exchange => exchange.Session = "CANARY-2")[0];

        Assert.NotEqual(one.SessionId, other.SessionId);
    }
}
