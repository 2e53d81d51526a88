using BenchmarkDotNet.Attributes;
using Holdfast.Failover;

namespace Holdfast.Benchmarks;

/// <summary>What it costs to tell one failure apart; 1 KB must take 20 µs at most. A success never comes here.</summary>
[MemoryDiagnoser]
public class ClassifierBenchmarks
{
    private readonly ErrorClassifier _classifier = ErrorClassifier.Default;

    private readonly Failure _json = new()
    {
        Status = 529,
        Message = $$"""{"type":"error","error":{"type":"overloaded_error","message":"{{Repeat("The model has too much to do now, so ask again. ", 900)}}"},"request_id":"req_1"}""",
    };

    private readonly Failure _prose = new()
    {
        Message = Repeat("Nothing in this sentence names what went wrong there, and it goes on and on. ", 1024),
    };

    private readonly Failure _page = new()
    {
        Status = 502,
        Message = $"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>{Repeat("<p>The server returned an invalid response.</p>\n", 16_000)}</body></html>",
    };

    [Benchmark]
    public object JsonOf1KB() => _classifier.Classify(_json);

    [Benchmark]
    public object ProseOf1KBThatNoRuleKnows() => _classifier.Classify(_prose);

    [Benchmark]
    public object PageOf16KB() => _classifier.Classify(_page);

    private static string Repeat(string text, int length) =>
        string.Concat(Enumerable.Repeat(text, (length / text.Length) + 1))[..length];
}
