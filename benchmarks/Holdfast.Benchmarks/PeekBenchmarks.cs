using System.Buffers;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Holdfast.Wire;
using Holdfast.Wire.Json;
using Holdfast.Wire.Protocols;

namespace Holdfast.Benchmarks;

/// <summary>What it costs to read the few facts out of a body. The floor is parsing it into a document.</summary>
[MemoryDiagnoser]
public class PeekBenchmarks
{
    private ReadOnlySequence<byte> _request;
    private ReadOnlySequence<byte> _answer;

    /// <summary>Bytes of the longest text in the body: a first turn, a long conversation.</summary>
    [Params(1_000, 1_000_000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Write()
    {
        var text = string.Concat(Enumerable.Repeat("some words, a \\\"quote\\\" and a line\\n", Size / 32));
        _request = Sequence($$"""
            {"model":"m","max_tokens":1024,"stream":true,"messages":[{"role":"user","content":"{{text}}"}]}
            """);
        _answer = Sequence($$"""
            {"usage":{"input_tokens":9,"output_tokens":9},"id":"msg_1","model":"m","content":[{"type":"text","text":"{{text}}"}]}
            """);
    }

    [Benchmark(Baseline = true)]
    public string? ParseRequest()
    {
        using var document = JsonDocument.Parse(_request);
        return document.RootElement.GetProperty("model").GetString();
    }

    [Benchmark]
    public string? PeekRequest() => RequestPeek.Read(_request, []).Model;

    [Benchmark]
    public string? PeekAnswer() => AnswerPeek.Read(WireProtocols.Anthropic, _answer).Model;

    private static ReadOnlySequence<byte> Sequence(string json) => new(Encoding.UTF8.GetBytes(json));
}
