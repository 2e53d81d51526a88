using System.Text;
using BenchmarkDotNet.Attributes;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Sse;

namespace Holdfast.Benchmarks;

/// <summary>What an event of a stream costs: finding its end, and showing it to the follower of its protocol. The floor is
/// the copy that every proxy makes.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int Deltas = 100;

    private readonly byte[] _copy = new byte[64 * 1024];
    private readonly List<byte[]> _frames = [];
    private readonly byte[][] _chat = Repeat(
        """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1795132800,"model":"m","choices":[{"index":0,"delta":{"content":"some words of an answer"},"logprobs":null,"finish_reason":null}]}"""
        + "\n\n");

    private readonly byte[][] _responses = Repeat("event: response.output_text.delta\n"
        + """data: {"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"some words of an answer","logprobs":[]}"""
        + "\n\n");

    private readonly byte[][] _gemini = Repeat(
        """data: {"candidates":[{"content":{"parts":[{"text":"some words of an answer"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":7,"totalTokenCount":16},"modelVersion":"m","responseId":"r"}"""
        + "\n\n");

    private byte[] _stream = [];

    [GlobalSetup]
    public void Write()
    {
        _frames.Add(Frame("message_start",
            """{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":9}}}"""));
        _frames.Add(Frame("content_block_start",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""));
        for (var i = 0; i < Deltas; i++)
        {
            _frames.Add(Frame("content_block_delta",
                """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words of an answer"}}"""));
        }

        _frames.Add(Frame("content_block_stop", """{"type":"content_block_stop","index":0}"""));
        _frames.Add(Frame("message_delta",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":100}}"""));
        _frames.Add(Frame("message_stop", """{"type":"message_stop"}"""));
        _stream = [.. _frames.SelectMany(frame => frame)];
    }

    [Benchmark(Baseline = true)]
    public int Copy()
    {
        _stream.CopyTo(_copy, 0);
        return _stream.Length;
    }

    [Benchmark]
    public int FindEvents()
    {
        var framer = default(SseFramer);
        var rest = _stream.AsSpan();
        var events = 0;
        while (framer.FindEnd(rest) is > 0 and var end)
        {
            events++;
            rest = rest[end..];
        }

        return events;
    }

    [Benchmark]
    public bool FollowAnthropic() => Follow(WireProtocols.Anthropic, _frames);

    [Benchmark]
    public bool FollowChat() => Follow(WireProtocols.OpenAIChat, _chat);

    [Benchmark]
    public bool FollowResponses() => Follow(WireProtocols.OpenAIResponses, _responses);

    [Benchmark]
    public bool FollowGemini() => Follow(WireProtocols.Gemini, _gemini);

    private static bool Follow(WireProtocol protocol, IEnumerable<byte[]> frames)
    {
        var follower = protocol.Follow(new StreamContext("m", 0, "e"));
        foreach (var frame in frames)
        {
            follower.Observe(frame);
        }

        return follower.HasOutput;
    }

    private static byte[][] Repeat(string frame) => [.. Enumerable.Repeat(Encoding.UTF8.GetBytes(frame), Deltas)];

    private static byte[] Frame(string type, string data) => Encoding.UTF8.GetBytes($"event: {type}\ndata: {data}\n\n");
}
