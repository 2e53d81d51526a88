using System.Text;
using System.Text.Json;
using Holdfast.Wire;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Usage;

/// <summary>R51: what the four protocols state of tokens, in one accounting: input without what came from the cache.</summary>
public sealed class UsageReaderTests
{
    public static TheoryData<string, string, long, long, long, long> Stated => new()
    {
        { "anthropic", """{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":48000,"output_tokens":210}""", 12, 210, 48000, 900 },
        { "anthropic", """{"input_tokens":12,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":1,"server_tool_use":{"web_search_requests":3},"service_tier":"standard"}""", 12, 1, 0, 0 },
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

        Assert.Equal(new TokenUsage(input, output, cacheRead, cacheWrite), read.Usage);
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
        WireProtocol.All.Single(p => p.Name == protocol).ReadUsage();

    private static void Read(ref UsageReader usage, string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        usage.Read(ref reader);
        Assert.False(reader.Read(), "The reader must stand at the value's end.");
    }
}
