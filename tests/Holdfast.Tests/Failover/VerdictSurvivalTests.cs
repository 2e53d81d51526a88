using System.Text.Json;
using FsCheck.Fluent;
using Holdfast.Failover;
using Holdfast.Tests.Wire;

namespace Holdfast.Tests.Failover;

/// <summary>The same failure is judged the same however it comes: padded, shouted, behind an exception's name, in the JSON
/// of a proxy, or in several of these at once.</summary>
public sealed class VerdictSurvivalTests
{
    private static readonly Func<string, string>[] Wrappings =
    [
        text => $"\n  {text}\t ",
        text => "Error: " + text,
        text => "API Error: " + text,
        text => $$"""{"error":{{Json(text)}}}""",
        text => $$"""{"message":{{Json(text)}}}""",
        text => $$"""{"detail":{{Json(text)}}}""",
        text => $$"""{"error":{"message":{{Json(text)}} } }""",
        text => $$"""{"type":"error","error":{"type":"api_error","message":{{Json(text)}} },"request_id":"req_1"}""",
        text => $$"""[{"error":{"message":{{Json(text)}} } }]""",
        text => $$"""data: {"error":{"message":{{Json(text)}} } }""",
    ];

    private static readonly Func<string, string>[] Cases =
        [text => text, text => text.ToUpperInvariant(), text => text.ToLowerInvariant()];

    /// <summary>Every sample that is a sentence or a document, without anything else being known.</summary>
    private static string[] Samples { get; } =
    [
        .. new[] { ErrorClassifierTests.Transport, ErrorClassifierTests.Providers }
            .SelectMany(table => table.Select(row => row.Data.Item1)),
        .. ErrorClassifierTests.WithStatus.Where(row => row.Data.Item2 is null).Select(row => row.Data.Item1),
        .. new[] { PhraseVerdictTests.Samples, RuntimeVerdictTests.Samples, ProviderVerdictTests.Samples, EdgeVerdictTests.Samples }
            .SelectMany(table => table).Where(row => row.Data.Item2.Length == 0).Select(row => row.Data.Item1),
    ];

    [Fact]
    public void Every_sample_keeps_its_verdict_in_every_wrapping()
    {
        var lost =
            from sample in Samples
            from wrap in Wrappings
            where ReasonOf(wrap(sample)) != ReasonOf(sample)
            select wrap(sample);

        Assert.Empty(lost);
    }

    [Fact]
    public void A_verdict_survives_wrappings_of_wrappings_and_case() =>
        (from sample in Gen.Elements(Samples)
         from letters in Gen.Elements(Cases)
         from wrappings in Gen.ListOf(Gen.Elements(Wrappings))
         select (Sample: sample, Wrapped: wrappings.Take(3).Aggregate(InCase(sample, letters), (text, wrap) => wrap(text))))
        .HoldsFor(pair => Assert.Equal(
            (ReasonOf(pair.Sample), pair.Wrapped), (ReasonOf(pair.Wrapped), pair.Wrapped)));

    [Fact]
    public void Any_text_at_all_gets_a_verdict() =>
        (from text in Gen.Elements(Samples)
         from cut in Gen.Choose(0, text.Length)
         from status in Gen.Choose(-1, 700)
         select (Text: text[..cut], Status: status))
        .HoldsFor(one => Assert.NotNull(ErrorClassifier.Default.Classify(new Failure { Message = one.Text, Status = one.Status })));

    // A document's escapes are not free to be written in capitals.
    private static string InCase(string text, Func<string, string> letters) =>
        text.Contains('{', StringComparison.Ordinal) ? text : letters(text);

    private static FailureReason ReasonOf(string text) => ErrorClassifier.Default.Classify(new Failure { Message = text }).Reason;

    private static string Json(string text) => JsonSerializer.Serialize(text);
}
