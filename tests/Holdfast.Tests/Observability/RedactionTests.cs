using Holdfast.Observability;

namespace Holdfast.Tests.Observability;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("?key=CANARY", "?key=***")]
    [InlineData("key=CANARY", "key=***")]
    [InlineData("?alt=sse&key=CANARY&x=1", "?alt=sse&key=***&x=1")]
    [InlineData("?api_key=CANARY", "?api_key=***")]
    [InlineData("?API_KEY=CANARY", "?API_KEY=***")]
    [InlineData("?apikey=CANARY", "?apikey=***")]
    [InlineData("?apiKey=CANARY", "?apiKey=***")]
    [InlineData("?api-key=CANARY", "?api-key=***")]
    [InlineData("?x-goog-api-key=CANARY", "?x-goog-api-key=***")]
    [InlineData("?access_token=CANARY", "?access_token=***")]
    [InlineData("?accessToken=CANARY", "?accessToken=***")]
    [InlineData("?token=CANARY", "?token=***")]
    [InlineData("?client_secret=CANARY", "?client_secret=***")]
    [InlineData("?k%65y=CANARY", "?k%65y=***")]
    [InlineData("?api%5Fkey=CANARY", "?api%5Fkey=***")]
    [InlineData("?api%255Fkey=CANARY", "?api%255Fkey=***")]
    [InlineData("?%6B%65%79=CANARY&%6B%65%79=CANARY", "?%6B%65%79=***&%6B%65%79=***")]
    [InlineData("?key=CAN=ARY", "?key=***")]
    [InlineData("?+key=CANARY", "?+key=***")]
    public void Secrets_of_a_query_are_replaced(string query, string expected) =>
        Assert.Equal(expected, Redaction.Query(query));

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?beta=true")]
    [InlineData("?alt=sse&$filter=a%20b&&x")]
    [InlineData("?monkey=banana")]
    [InlineData("?max_tokens=5&limit=20&after_id=msg_01")]
    [InlineData("?a=%zz&=1&b")]
    public void The_rest_of_a_query_stays_byte_for_byte(string query) => Assert.Equal(query, Redaction.Query(query));

    [Theory]
    [InlineData("invalid x-api-key: sk-ant-api03-CANARYCANARY_x-1")]
    [InlineData("Incorrect API key provided: sk-proj-CANARYCANARY.")]
    [InlineData("authorization: Bearer CANARY.CANARY-CANARY_1~+/=")]
    [InlineData("Authorization: bearer CANARYCANARY")]
    [InlineData("Proxy-Authorization: Basic Q0FOQVJZCANARY=")]
    [InlineData("authorization=CANARYCANARY")]
    [InlineData("AIzaSyCANARYCANARYCANARYCANARY")]
    [InlineData("ya29.CANARYCANARY")]
    [InlineData("ghp_CANARYCANARYCANARY and nvapi-CANARYCANARY")]
    [InlineData("xai-CANARYCANARY hf_CANARYCANARY gsk_CANARYCANARY")]
    [InlineData("{\"api_key\": \"CANARYCANARY\"}")]
    [InlineData("x-goog-api-key: CANARYCANARY")]
    [InlineData("GET https://host/v1beta/models?key=CANARYCANARY failed")]
    [InlineData("proxy http://user:CANARY@proxy.example:3128 refused")]
    [InlineData("eyJhbGciOiCANARY.eyJzdWIiOiCANARY.CANARYCANARY")]
    public void Whatever_looks_like_a_key_is_taken_out_of_a_text(string text)
    {
        var redacted = Redaction.Text(text);

        Assert.DoesNotContain("CANARY", redacted, StringComparison.Ordinal);
        Assert.Contains("***", redacted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The SSL connection could not be established, see inner exception.")]
    [InlineData("Connection refused (api.anthropic.com:443)")]
    [InlineData("Unable to read data from the transport connection: Connection reset by peer.")]
    [InlineData("task-based desk-top risk-free")]
    [InlineData("claude-opus-4-6 msg_01ABCDEFGH req_011CQ")]
    public void An_ordinary_text_stays_as_it_is(string text) => Assert.Equal(text, Redaction.Text(text));

    [Fact]
    public void Redacting_twice_changes_nothing_more()
    {
        var once = Redaction.Text("Bearer CANARYCANARY sk-ant-CANARYCANARY ?key=CANARY http://u:CANARY@h");

        Assert.Equal(once, Redaction.Text(once));
    }

    [Fact]
    public void A_huge_text_is_cut_off_and_holds_no_key()
    {
        var text = string.Concat(Enumerable.Repeat("sk-ant-CANARYCANARY http://a:CANARY@x ", 50_000));

        var redacted = Redaction.Text(text);

        Assert.DoesNotContain("CANARYCANARY", redacted, StringComparison.Ordinal);
        Assert.InRange(redacted.Length, 3, 20_000);
    }
}
