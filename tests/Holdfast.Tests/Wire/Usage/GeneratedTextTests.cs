using System.Text;
using System.Text.Json;
using Holdfast.Tests.Wire.Streams;
using Holdfast.Wire;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Usage;

/// <summary>How much was generated is counted as it comes: text, thinking and the arguments of tools, and nothing else.</summary>
public sealed class GeneratedTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("Grüße ✓ 日本語 🙂")]
    [InlineData("\"quoted\" \\ and \n\t\r\b")]
    [InlineData("\\u0041 is no escape, \\\\u0041 neither")]
    [InlineData("\"text\":\"x\"")]
    [InlineData("ends with a backslash \\")]
    public void A_string_counts_its_characters_however_it_is_written(string text)
    {
        foreach (var json in new[] { JsonSerializer.Serialize(text), JsonSerializer.Serialize(text, JsonSerializerOptions.Web) })
        {
            Assert.Equal(text.Length, GeneratedText.Length(Encoding.UTF8.GetBytes(json).AsSpan(1)));
            var document = Encoding.UTF8.GetBytes($$"""{"a":"text","b":"\"text\":\"no\"","c":{"text" : {{json}} ,"d":"more"} }""");
            Assert.Equal(text.Length, GeneratedText.LengthOf(document, "\"text\""u8));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"text\"")]
    [InlineData("\"text\":")]
    [InlineData("{\"text\":7}")]
    [InlineData("{\"text\":null,\"other\":\"x\"}")]
    public void What_is_no_string_counts_nothing(string json) =>
        Assert.Equal(0, GeneratedText.LengthOf(Encoding.UTF8.GetBytes(json), "\"text\""u8));

    [Theory]
    [InlineData("\"text\":\"ab")]
    [InlineData("\"text\":\"ab\\")]
    [InlineData("\"text\":\"ab\\u00")]
    public void A_string_that_is_cut_counts_about_what_is_there(string json) =>
        Assert.InRange(GeneratedText.LengthOf(Encoding.UTF8.GetBytes(json), "\"text\""u8), 1, 3);

    [Theory]
    [InlineData("anthropic", "content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\nü"}}""", 3)]
    [InlineData("anthropic", "content_block_delta", """{"index":0,"delta":{"thinking":"Hm \"text\"","type":"thinking_delta"},"type":"content_block_delta"}""", 9)]
    [InlineData("anthropic", "content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"text\":\"x"}}""", 10)]
    [InlineData("anthropic", "content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""", 0)]
    [InlineData("anthropic", "ping", """{"type":"ping","text":"x"}""", 0)]
    [InlineData("openai-chat", "", """{"choices":[{"delta":{"role":"assistant","content":"a\nü"},"index":0},{"index":1,"delta":{"refusal":"no"}}]}""", 5)]
    [InlineData("openai-chat", "", """{"choices":[{"delta":{"reasoning_content":"Hm","content":null}}],"obfuscation":"xxxx"}""", 2)]
    [InlineData("openai-chat", "", """{"choices":[{"delta":{"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]}}]}""", 2)]
    [InlineData("openai-chat", "", """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\""}},{"index":1,"custom":{"name":"g","input":"ls"}}]}}]}""", 6)]
    [InlineData("openai-chat", "", """{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{}"}}}]}""", 2)]
    [InlineData("openai-chat", "", """{"object":"text_completion","choices":[{"text":"abc","index":0}]}""", 3)]
    [InlineData("openai-responses", "response.output_text.delta", """{"type":"response.output_text.delta","sequence_number":1,"delta":"a\nü","obfuscation":"xx"}""", 3)]
    [InlineData("openai-responses", "response.reasoning_summary_text.delta", """{"delta":"Hm","sequence_number":1}""", 2)]
    [InlineData("openai-responses", "response.function_call_arguments.delta", """{"sequence_number":1,"item_id":"delta","delta":"{}"}""", 2)]
    [InlineData("openai-responses", "response.audio.delta", """{"sequence_number":1,"delta":"AAAA"}""", 0)]
    [InlineData("openai-responses", "response.output_text.done", """{"sequence_number":1,"text":"a"}""", 0)]
    [InlineData("gemini", "", """{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true},{"text":"a\nü","thoughtSignature":"c2ln"}],"role":"model"}}]}""", 5)]
    [InlineData("gemini", "", """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":[1]}},"thoughtSignature":"c2ln"}]}},{"index":1,"content":{"parts":[{"text":"a"}]}}]}""", 10)]
    [InlineData("gemini", "", """{"candidates":[{"content":{"parts":[{"inlineData":{"data":"AAAA"}},7,{"functionCall":null},{"text":7}]}}]}""", 0)]
    public void An_event_counts_what_was_generated(string protocol, string name, string data, int expected)
    {
        var stream = new Followed(protocol).Sees(name, data).Sees(name, data);

        Assert.Equal(2 * expected, stream.Follower.Generated);
        Assert.Equal((int)Math.Ceiling(2 * expected / 4.0), stream.Follower.EstimatedOutput);
    }

    [Fact]
    public void The_elements_of_an_array_count_too()
    {
        var stream = new Followed("gemini", new StreamContext(IsArray: true));

        stream.See("""[{"candidates":[{"content":{"parts":[{"text":"abc"}]}}]}""");
        stream.See(",\n" + """{"candidates":[{"content":{"parts":[{"text":"de"}]},"finishReason":"STOP"}]}""");

        Assert.Equal(5, stream.Follower.Generated);
    }
}
