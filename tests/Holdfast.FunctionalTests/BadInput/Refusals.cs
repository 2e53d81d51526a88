using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>What every refusal has in common: the protocol's own error shape with our code, one record, one count, and
/// nothing that went upstream.</summary>
internal static class Refusals
{
    /// <summary>Reads a refusal's body and checks it all.</summary>
    /// <param name="gateway">Where it came from; nothing else may have been asked of it before.</param>
    /// <param name="client">The connection the answer is on.</param>
    /// <param name="head">The answer's head.</param>
    /// <param name="expected">Status and code.</param>
    /// <param name="protocol">Whose shape it must have.</param>
    /// <returns>The message.</returns>
    public static async Task<string> AssertAsync(
        TestGateway gateway, RawHttpClient client, RawAnswer head, (int Status, string Code) expected,
        string protocol = "openai-chat")
    {
        var body = await client.ReadTextAsync();
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(expected, (head.Status, head.Header("holdfast-error") ?? body));
        Assert.Equal("application/json", head.Header("content-type"));
        var message = AssertShape(JsonSerializer.Deserialize<JsonElement>(body), protocol, expected);

        var record = await gateway.NextRecordAsync();
        Assert.Equal(head.Header("holdfast-exchange"), record.ExchangeId);
        Assert.Equal((ExchangeEnd.Refused, Side.Client), (record.End, record.EndSide));
        Assert.Equal((expected.Status, expected.Code), (record.Status, record.ErrorCode!));
        Assert.Equal(1, await gateway.MetricAsync("holdfast_refusals_total", $"error_type=\"{expected.Code}\""));
        Assert.Equal(1, await gateway.MetricAsync("holdfast_exchanges_total"));
        Assert.Equal(0, await gateway.MetricAsync("holdfast_exchanges_open"));
        Assert.Equal(0, gateway.Upstream.RequestCount);
        return message;
    }

    private static string AssertShape(JsonElement body, string protocol, (int Status, string Code) expected)
    {
        var error = body.GetProperty("error");
        Assert.Equal(expected.Code, error.GetProperty("holdfast").GetProperty("code").GetString());
        switch (protocol)
        {
            case "anthropic":
                Assert.Equal("error", body.GetProperty("type").GetString());
                Assert.EndsWith("_error", error.GetProperty("type").GetString()!.Replace("request_too_large", "_error"), StringComparison.Ordinal);
                Assert.Equal(JsonValueKind.String, body.GetProperty("request_id").ValueKind);
                break;
            case "gemini":
                Assert.Equal(expected.Status, error.GetProperty("code").GetInt32());
                Assert.Matches("^[A-Z_]+$", error.GetProperty("status").GetString());
                break;
            default:
                Assert.Equal(expected.Code, error.GetProperty("code").GetString());
                Assert.Equal(JsonValueKind.String, error.GetProperty("type").ValueKind);
                Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
                break;
        }

        return error.GetProperty("message").GetString()!;
    }
}
