namespace Holdfast.Tests.Wire;

/// <summary>A streamed completion, put together, is the completion the provider gives without streaming.</summary>
public sealed class OpenAIChatAssemblerTests
{
    private const string Start = """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";
    private const string Stop = """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Done = "[DONE]";

    [Fact]
    public void Texts_calls_and_usage_are_put_together() => AssertGives(
        """{"id":"c","object":"chat.completion","created":1,"model":"m","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"message":{"role":"assistant","content":"Grüße <1>","refusal":null,"reasoning_content":"Hm ja","tool_calls":[{"id":"a","type":"function","function":{"name":"read","arguments":"{\"path\":\"x\"}"}},{"id":"b","type":"custom","custom":{"name":"sh","input":"ls -l"}}],"annotations":[{"n":1},{"n":2}]},"logprobs":null,"finish_reason":"tool_calls","native_finish_reason":"TOOL"}],"usage":{"prompt_tokens":9,"completion_tokens":4},"timings":{"ms":2},"prompt_filter_results":null}""",
        """{"id":"","object":"","created":0,"model":"","choices":[],"usage":null,"prompt_filter_results":null}""",
        """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},"logprobs":null,"finish_reason":null,"native_finish_reason":null}],"usage":null,"obfuscation":"x8f"}""",
        """{"choices":[{"index":0,"delta":{"reasoning_content":"Hm "}}],"obfuscation":"2b"}""",
        """{"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"ja","content":null}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"Gr\u00fc\u00dfe "}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"<1>","annotations":[{"n":1}]}}]}""",
        """{"choices":[{"index":0,"delta":{"annotations":[{"n":2}],"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"read","arguments":""}}]}}]}""",
        """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"custom","custom":{"name":"sh","input":"ls"}},{"index":0,"function":{"arguments":"{\"path\":"}}]}}]}""",
        """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"custom":{"input":" -l"}},{"index":0,"id":null,"function":{"name":null,"arguments":"\"x\"}"}}]}}]}""",
        """{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls","native_finish_reason":"TOOL"}]}""",
        """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4},"timings":{"ms":2},"prompt_filter_results":null}""",
        Done);

    [Fact]
    public void Choices_are_told_apart_by_their_index() => AssertGives(
        """{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ab","refusal":null},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"x","refusal":"no way"},"finish_reason":"length"}]}""",
        """{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":1,"delta":{"content":"x"}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"refusal":"no "}}]}""",
        """{"choices":[{"index":1,"delta":{"refusal":"way"},"finish_reason":"length"}]}""",
        """{"choices":[{"index":0,"delta":{"content":"b"}}]}""",
        """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
        Done);

    [Fact]
    public void The_lists_of_logprobs_go_on_from_chunk_to_chunk() => AssertGives(
        """{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ab","refusal":null},"logprobs":{"content":[{"token":"a"},{"token":"b"}],"refusal":null},"finish_reason":"stop"}]}""",
        """{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null}]}""",
        """{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}],"refusal":null}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b"}],"refusal":null}}]}""",
        """{"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""",
        Done);

    /// <summary>Each piece of sound is encoded for itself.</summary>
    [Fact]
    public void Sound_reasoning_and_an_old_function_call_are_put_together() => AssertGives(
        """{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"audio":{"id":"s","data":"AQIDBA==","transcript":"la la","expires_at":7},"reasoning_details":[{"type":"reasoning.text","text":"Hm ja","format":"f","index":0,"signature":"c2ln"},{"type":"reasoning.encrypted","data":"ZW5j","index":1}],"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"stop"}]}""",
        """{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"audio":{"id":"s","transcript":"la "},"reasoning_details":[{"type":"reasoning.text","text":"Hm ","format":"f","index":0}]}}]}""",
        """{"choices":[{"index":0,"delta":{"audio":{"data":"AQ=="},"reasoning_details":[{"type":"reasoning.text","text":"ja","index":0,"signature":"c2ln"}]}}]}""",
        """{"choices":[{"index":0,"delta":{"audio":{"data":"AgME","transcript":"la"},"reasoning_details":[{"type":"reasoning.encrypted","data":"ZW5j","index":1}]}}]}""",
        """{"choices":[{"index":0,"delta":{"audio":{"expires_at":7},"function_call":{"name":"f","arguments":"{"}}}]}""",
        """{"choices":[{"index":0,"delta":{"function_call":{"arguments":"}"}},"finish_reason":"stop"}]}""",
        Done);

    [Theory]
    [InlineData("\"index\":0,")]
    [InlineData("")]
    public void Calls_that_are_numbered_alike_or_not_at_all_are_told_apart_by_id_and_name(string index)
    {
        string Call(string id) =>
            $$$"""{"choices":[{"delta":{"tool_calls":[{{{{index}}}"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}""";

        AssertGives(
            """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}""",
            Call("a"), Call("b"), Stop, Done);
    }

    [Fact]
    public void The_older_completions_have_texts_of_their_own() => AssertGives(
        """{"id":"c","object":"text_completion","choices":[{"index":0,"text":"ab","logprobs":{"tokens":["a","b"],"text_offset":[0,1]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}""",
        """{"id":"c","object":"text_completion","choices":[{"index":0,"text":"a","logprobs":{"tokens":["a"],"text_offset":[0]},"finish_reason":null}]}""",
        """{"id":"c","object":"text_completion","choices":[{"index":0,"text":"b","logprobs":{"tokens":["b"],"text_offset":[1]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}""",
        Done);

    [Theory]
    [InlineData("""{"error":{"message":"Overloaded"}}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"x"}]}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":{"a":1}}}]}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"x"}]}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"audio":{"data":"?"}}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"mood":"good"}},{"index":0,"delta":{"mood":" and bad"}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"token_ids":[1]},{"index":0,"delta":{},"token_ids":[2]}]}""")]
    [InlineData("""{"choices":[{"index":1,"delta":{"content":"never finished"}}]}""")]
    [InlineData("""{"choices":[{"index":"zero","delta":{}}]}""")]
    [InlineData("""{"choices":[null]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}""")]
    [InlineData("""{"id":"a","id":"b"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"broken":""")]
    public void What_it_does_not_understand_gives_no_answer_rather_than_half_of_one(string strange)
    {
        Assert.NotNull(Assembled.Of("openai-chat", [Start, Stop, Done]));

        Assert.Null(Assembled.Of("openai-chat", [Start, strange, Stop, Done]));
    }

    private static void AssertGives(string expected, params string[] data) =>
        Assembled.AssertSame(expected, Assembled.Of("openai-chat", data));
}
