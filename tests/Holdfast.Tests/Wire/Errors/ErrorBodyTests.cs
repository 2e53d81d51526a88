using System.Buffers;
using System.Text.Json;
using Holdfast.TestKit;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;

namespace Holdfast.Tests.Wire.Errors;

/// <summary>Every code of ours as a JSON body of every protocol.</summary>
public sealed class ErrorBodyTests
{
    public static TheoryData<string> Codes => [.. ErrorCodes.All.Select(code => code.Name)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code_has_the_shape_of_every_protocol(string name)
    {
        var code = ErrorCodes.All.Single(c => c.Name == name);
        var error = new GatewayError(code, "A \"quoted\"\nmessage: é\u2028🙂", "exchange-1", "after 5 ms");
        foreach (var protocol in WireProtocols.All)
        {
            var output = new ArrayBufferWriter<byte>();
            protocol.WriteErrorBody(error, output);

            var json = JsonSerializer.Deserialize<JsonElement>(output.WrittenSpan);
            var read = TerminalError.OfBody(protocol.Name, json);

            Assert.Equal((name, error.ClassName), (read.Code, read.Class));
            Assert.StartsWith(error.Message, read.Message);
            Assert.DoesNotContain((byte)'\n', output.WrittenSpan.ToArray());
            var holdfast = json.GetProperty("error").GetProperty("holdfast");
            Assert.Equal("exchange-1", holdfast.GetProperty("exchange").GetString());
            Assert.Equal("after 5 ms", holdfast.GetProperty("flight").GetString());
        }
    }

    /// <summary>The fixed text stays exact where clients compare it word by word.</summary>
    [Fact]
    public void Openai_messages_carry_nothing_beside_the_text()
    {
        var output = new ArrayBufferWriter<byte>();
        WireProtocols.OpenAIChat.WriteErrorBody(new(ErrorCodes.UpstreamReset, "Failed to connect to upstream server"), output);

        var error = JsonSerializer.Deserialize<JsonElement>(output.WrittenSpan).GetProperty("error");

        Assert.Equal("Failed to connect to upstream server", error.GetProperty("message").GetString());
        Assert.Equal("connection_error", error.GetProperty("type").GetString());
    }

    /// <summary>The classes a client can tell apart by the code's class and the type.</summary>
    [Theory]
    [InlineData("upstream_refused", "connection", "connection_error", 502)]
    [InlineData("upstream_dns", "connection", "connection_error", 502)]
    [InlineData("upstream_hangup", "network", "connection_error", 502)]
    [InlineData("upstream_reset", "network", "connection_error", 502)]
    [InlineData("stream_reset", "stream", "connection_error", 502)]
    [InlineData("stream_truncated", "stream", "connection_error", 502)]
    [InlineData("first_byte_timeout", "timeout", "timeout_error", 504)]
    [InlineData("stream_stalled", "timeout", "timeout_error", 504)]
    [InlineData("upstream_connect_timeout", "timeout", "timeout_error", 504)]
    [InlineData("bad_json", "request", "invalid_request_error", 400)]
    [InlineData("internal_error", "gateway", "server_error", 500)]
    public void The_classes_of_failure_can_be_told_apart(string name, string errorClass, string type, int status)
    {
        var code = ErrorCodes.All.Single(c => c.Name == name);
        var error = new GatewayError(code, code.Meaning);

        Assert.Equal((errorClass, type, status), (error.ClassName, error.Kind, code.Status));
    }

    /// <summary>The words of Node for what the sockets did: existing queries and alerts look for them.</summary>
    [Theory]
    [InlineData("upstream_hangup", "socket hang up")]
    [InlineData("stream_hangup", "socket hang up")]
    [InlineData("stream_truncated", "socket hang up")]
    [InlineData("upstream_reset", "read ECONNRESET")]
    [InlineData("stream_reset", "read ECONNRESET")]
    [InlineData("first_byte_timeout", "read ETIMEDOUT")]
    [InlineData("stream_stalled", "read ETIMEDOUT")]
    [InlineData("request_timeout", "read ETIMEDOUT")]
    public void The_record_uses_the_words_of_the_report(string name, string text) =>
        Assert.Equal(text, ErrorCodes.All.Single(c => c.Name == name).Text);
}
