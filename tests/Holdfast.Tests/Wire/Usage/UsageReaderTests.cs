using System.Buffers;
using System.Text;
using System.Text.Json;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Usage;

/// <summary>What the four protocols state of tokens, in one accounting: input without what came from the cache.</summary>
public sealed class UsageReaderTests
{
    public static TheoryData<string, string, long, long, long, long> Stated => new()
    {
        { "anthropic", """{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":48000,"output_tokens":210}""", 12, 210, 48000, 900 },
        { "anthropic", """{"input_tokens":12,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":1,"server_tool_use":{"web_search_requests":3},"service_tier":"standard"}""", 12, 1, 0, 3 },
        { "anthropic", """{"output_tokens":5,"iterations":[{"input_tokens":7,"output_tokens":9}]}""", 0, 5, 0, 0 },
        { "anthropic", """{"input_tokens":12,"cache_read_input_tokens":null,"output_tokens":null}""", 12, 0, 0, 0 },
        { "openai-chat", """{"prompt_tokens":900,"completion_tokens":21,"total_tokens":921,"prompt_tokens_details":{"cached_tokens":768,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":10}}""", 132, 21, 768, 0 },
        { "openai-chat", """{"prompt_tokens":900,"completion_tokens":21,"cached_tokens":100}""", 800, 21, 100, 0 },
        { "openai-chat", """{"prompt_tokens":900,"prompt_cache_hit_tokens":700,"prompt_cache_miss_tokens":200,"completion_tokens":21}""", 200, 21, 700, 0 },
        { "openai-chat", """{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":null,"cost":0.1}""", 5, 1, 0, 0 },
        { "openai-responses", """{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024,"cache_write_tokens":76},"output_tokens":80,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":1280}""", 100, 80, 1024, 76 },
        { "gemini", """{"promptTokenCount":1200,"cachedContentTokenCount":1024,"candidatesTokenCount":60,"thoughtsTokenCount":300,"toolUsePromptTokenCount":20,"totalTokenCount":1580,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1200}]}""", 196, 360, 1024, 0 },
        { "gemini", """{"promptTokenCount":10,"thoughtsTokenCount":80}""", 10, 80, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Stated))]
    public void The_usage_of_each_protocol_becomes_ours(
        string protocol, string usage, long input, long output, long cacheRead, long cacheWrite)
    {
        var read = ReaderOf(protocol);
        Read(ref read, usage);

        var tokens = read.Usage!.Value;
        Assert.Equal((input, output, cacheRead, cacheWrite), (tokens.Input, tokens.Output, tokens.CacheRead, tokens.CacheWrite));
    }

    public static TheoryData<string, string, TokenUsage> Parts => new()
    {
        {
            "anthropic",
            """{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":48000,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":700},"output_tokens":210,"output_tokens_details":{"thinking_tokens":120},"server_tool_use":{"web_search_requests":3,"web_fetch_requests":9},"service_tier":"priority","inference_geo":"us","speed":"standard","iterations":null}""",
            new TokenUsage(12, 210, 48000, 900)
            {
                CacheWrite1h = 700, Reasoning = 120, ServerToolRequests = 3, ServiceTier = "priority", IsUsOnly = true,
            }
        },
        {
            "anthropic",
            """{"input_tokens":12,"output_tokens":1,"server_tool_use":null,"service_tier":"standard","inference_geo":"global","speed":"fast"}""",
            new TokenUsage(12, 1, 0, 0) { ServiceTier = "fast" }
        },
        {
            "anthropic",
            """{"input_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":7},"output_tokens":1,"service_tier":"batch"}""",
            new TokenUsage(1, 1, 0, 5) { CacheWrite1h = 5, ServiceTier = "batch" }
        },
        {
            "openai-chat",
            """{"prompt_tokens":900,"completion_tokens":21,"prompt_tokens_details":{"cached_tokens":700,"cache_write_tokens":100},"completion_tokens_details":{"reasoning_tokens":10}}""",
            new TokenUsage(100, 21, 700, 100) { Reasoning = 10 }
        },
        {
            "openai-responses",
            """{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024,"cache_write_tokens":76,"cache_write_tokens_details":{"ttl_30m_tokens":6,"ttl_12h_tokens":70}},"output_tokens":80,"output_tokens_details":{"reasoning_tokens":40}}""",
            new TokenUsage(100, 80, 1024, 76) { Reasoning = 40 }
        },
        {
            "gemini",
            """{"promptTokenCount":1200,"candidatesTokenCount":60,"thoughtsTokenCount":300,"trafficType":"ON_DEMAND"}""",
            new TokenUsage(1200, 360, 0, 0) { Reasoning = 300 }
        },
        { "gemini", """{"promptTokenCount":1200,"candidatesTokenCount":60}""", new TokenUsage(1200, 60, 0, 0) },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void What_tokens_were_for_and_how_they_were_served_is_read_too(string protocol, string stated, TokenUsage expected)
    {
        var read = ReaderOf(protocol);
        Read(ref read, stated);

        Assert.Equal(expected, read.Usage);
    }

    /// <summary>Members of other objects bear the same names: a voice has tokens of its own, a prediction what it rejected.</summary>
    [Theory]
    [InlineData("openai-chat", """{"prompt_tokens":90,"completion_tokens":20,"prompt_tokens_details":{"audio_tokens":7,"text_tokens":80,"image_tokens":3,"prompt_tokens":1,"input_tokens":2,"output_tokens":3,"reasoning_tokens":4}}""")]
    [InlineData("openai-chat", """{"prompt_tokens":90,"completion_tokens":20,"completion_tokens_details":{"accepted_prediction_tokens":8,"rejected_prediction_tokens":9,"audio_tokens":7,"cached_tokens":5,"cache_write_tokens":6,"completion_tokens":4}}""")]
    [InlineData("openai-chat", """{"prompt_tokens":90,"completion_tokens":20,"prompt_tokens_details":{"audio":{"cached_tokens":5,"cache_write_tokens":4}},"completion_tokens_details":{"audio":{"reasoning_tokens":5}}}""")]
    [InlineData("openai-chat", """{"prompt_tokens":90,"completion_tokens":20,"cost_details":{"prompt_tokens":1,"completion_tokens":2,"cached_tokens":3},"cost":0.25}""")]
    [InlineData("openai-chat", """{"reasoning_tokens":5,"web_search_requests":6,"num_requests":7,"ephemeral_1h_input_tokens":8,"prompt_tokens":90,"completion_tokens":20}""")]
    [InlineData("openai-responses", """{"input_tokens":90,"output_tokens":20,"input_tokens_details":{"cache_write_tokens_details":{"cached_tokens":4,"cache_write_tokens":5}}}""")]
    [InlineData("anthropic", """{"input_tokens":90,"output_tokens":20,"server_tool_use":{"input_tokens":1,"output_tokens":2,"cached_tokens":3},"cache_creation":{"input_tokens":4,"cache_creation_input_tokens":5}}""")]
    [InlineData("anthropic", """{"input_tokens":90,"output_tokens":20,"fallback_credit":{"status":"redeemed","service_tier":"batch","speed":"fast","inference_geo":"us"},"iterations":[{"service_tier":"batch","input_tokens":1}]}""")]
    [InlineData("gemini", """{"promptTokenCount":90,"candidatesTokenCount":20,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":9,"promptTokenCount":8}],"cacheTokensDetails":{"cachedContentTokenCount":7},"thoughts":{"thoughtsTokenCount":6}}""")]
    public void Same_named_members_of_other_objects_are_something_else(string protocol, string stated)
    {
        var read = ReaderOf(protocol);
        Read(ref read, stated);

        Assert.Equal(new TokenUsage(90, 20, 0, 0), read.Usage);
    }

    /// <summary>Only message_start states the split of the writes, the tier and the speed.</summary>
    [Fact]
    public void What_only_the_start_of_a_stream_states_outlives_what_its_end_does_not()
    {
        var read = ReaderOf("anthropic");

        Read(ref read, """{"input_tokens":25,"cache_creation_input_tokens":90,"cache_creation":{"ephemeral_1h_input_tokens":60},"output_tokens":1,"service_tier":"standard","speed":"fast","inference_geo":"us"}""");
        Read(ref read, """{"input_tokens":25,"cache_creation_input_tokens":95,"output_tokens":15,"server_tool_use":{"web_search_requests":2}}""");

        Assert.Equal(
            new TokenUsage(25, 15, 0, 95) { CacheWrite1h = 60, ServerToolRequests = 2, ServiceTier = "fast", IsUsOnly = true },
            read.Usage);
    }

    [Theory]
    [InlineData("\"default\"", "standard")]
    [InlineData("\"standard\"", "standard")]
    [InlineData("\"priority\"", "priority")]
    [InlineData("\"flex\"", "flex")]
    [InlineData("\"fl\\u0065x\"", "flex")]
    [InlineData("\"ultrafast\"", "ultrafast")]
    [InlineData("\"auto\"", "scale")]
    [InlineData("\"\"", "scale")]
    [InlineData("\"a word that is longer than any service tier\"", "scale")]
    [InlineData("null", "scale")]
    [InlineData("{\"tier\":\"flex\"}", "scale")]
    [InlineData("7", "scale")]
    public void The_service_tier_is_the_last_word_that_says_one(string stated, string expected)
    {
        var read = ReaderOf("openai-chat");
        Read(ref read, """{"prompt_tokens":1,"service_tier":"scale"}""");
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(stated));
        reader.Read();

        read.ReadServiceTier(ref reader);

        Assert.Equal(expected, read.Usage!.Value.ServiceTier);
        Assert.False(reader.Read(), "The reader must stand at the value's end.");
    }

    [Theory]
    [InlineData("""{"image_gen":{"num_requests":4},"web_search":{"num_requests":2,"other":{"num_requests":9}},"num_requests":5}""", 2)]
    [InlineData("""{"web_search":null}""", 0)]
    [InlineData("null", 0)]
    public void Responses_counts_its_web_searches_beside_the_usage(string stated, long expected)
    {
        var read = ReaderOf("openai-responses");
        Read(ref read, """{"input_tokens":1}""");
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(stated));
        reader.Read();

        read.ReadToolUsage(ref reader);

        Assert.Equal(expected, read.Usage!.Value.ServerToolRequests);
    }

    /// <summary>A stream may state its usage with every event.</summary>
    [Fact]
    public void Reading_allocates_nothing()
    {
        var read = ReaderOf("openai-chat");
        var json = """{"prompt_tokens":900,"completion_tokens":21,"prompt_tokens_details":{"cached_tokens":700},"completion_tokens_details":{"reasoning_tokens":10},"service_tier":"odd"}"""u8.ToArray();
        ReadOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            ReadOnce();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal("odd", read.Usage!.Value.ServiceTier);

        void ReadOnce()
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            read.Read(ref reader);
        }
    }

    /// <summary>A whole answer may come in pieces, and so may any name in it.</summary>
    [Fact]
    public void Names_that_are_cut_in_two_or_escaped_are_read_as_well()
    {
        var json = Encoding.UTF8.GetBytes("""{"usage":{"prompt_tokens":900,"completion\u005ftokens":21,"prompt_tokens_details":{"cached_tokens":700}},"service_tier":"flex"}""");
        for (var cut = 1; cut < json.Length; cut++)
        {
            var peek = AnswerPeek.Read(WireProtocols.OpenAIChat, Segment.Join(json[..cut], json[cut..]));

            Assert.Equal(new TokenUsage(200, 21, 700, 0) { ServiceTier = "flex" }, peek.Usage);
        }
    }

    [Fact]
    public void Later_figures_overwrite_earlier_ones_and_silence_overwrites_nothing()
    {
        var read = ReaderOf("anthropic");

        Read(ref read, """{"input_tokens":25,"cache_read_input_tokens":7,"output_tokens":1}""");
        Read(ref read, """{"output_tokens":15,"input_tokens":null}""");

        Assert.Equal(new TokenUsage(25, 15, 7, 0), read.Usage);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("\"12\"")]
    [InlineData("""{"input_tokens":"12","output_tokens":1.5,"prompt_tokens":99999999999999999999}""")]
    [InlineData("""{"prompt_tokens":-5,"completion_tokens":9000000000000000000}""")]
    [InlineData("""{"input_tokens":{"a":1},"details":[{"prompt_tokens":3}]}""")]
    public void What_is_no_figure_counts_as_not_stated(string usage)
    {
        var read = ReaderOf("openai-chat");
        Read(ref read, usage);

        Assert.Null(read.Usage);
    }

    [Fact]
    public void More_cache_than_input_is_no_negative_input()
    {
        var read = ReaderOf("openai-chat");
        Read(ref read, """{"prompt_tokens":5,"cached_tokens":9,"completion_tokens":1}""");

        Assert.Equal(0, read.Usage!.Value.Input);
    }

    private static UsageReader ReaderOf(string protocol) =>
        WireProtocols.All.Single(p => p.Name == protocol).ReadUsage();

    private static void Read(ref UsageReader usage, string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        usage.Read(ref reader);
        Assert.False(reader.Read(), "The reader must stand at the value's end.");
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Join(byte[] first, byte[] second)
        {
            var start = new Segment { Memory = first };
            var end = new Segment { Memory = second, RunningIndex = first.Length };
            start.Next = end;
            return new(start, 0, end, second.Length);
        }
    }
}
