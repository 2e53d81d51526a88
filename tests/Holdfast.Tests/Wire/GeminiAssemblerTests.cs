using System.Text;

namespace Holdfast.Tests.Wire;

/// <summary>A streamed answer of Gemini, put together, is the answer it gives without streaming.</summary>
public sealed class GeminiAssemblerTests
{
    private const string Stop = """{"candidates":[{"finishReason":"STOP","index":0}]}""";

    [Fact]
    public void Parts_are_put_together_and_signatures_stay_on_their_own() => AssertGives(
        """{"candidates":[{"content":{"parts":[{"text":"Hm ja","thought":true},{"text":"Grüße <1>","thoughtSignature":"c2ln+/=="},{"text":"more"},{"functionCall":{"id":"1","name":"f","args":{"a":[1.0]}},"thoughtSignature":"Y2FsbA=="},{"functionCall":{"name":"g","args":{}}},{"text":"","thoughtSignature":"ZW5k"}],"role":"model"},"index":0,"safetyRatings":[{"category":"B"}],"groundingMetadata":{"webSearchQueries":["q"]},"finishReason":"STOP","finishMessage":"done"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4},"modelVersion":"g","responseId":"r","novelty":1}""",
        """{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0,"safetyRatings":[{"category":"A"}]}],"usageMetadata":{"promptTokenCount":9},"modelVersion":"g","responseId":"r"}""",
        """{"candidates":[{"content":{"parts":[{"text":"Hm ","thought":true}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"ja","thought":true},{"text":"Gr\u00fc\u00dfe "}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"<1>"}]},"groundingMetadata":{"webSearchQueries":["q"]}}],"novelty":1}""",
        """{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln+/=="}]},"groundingMetadata":{},"safetyRatings":[{"category":"B"}]}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"mo"}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"re"},{"functionCall":{"id":"1","name":"f","args":{"a":[1.0]}},"thoughtSignature":"Y2FsbA=="}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"g","args":{}}},{"text":""}]}}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"ZW5k"}]},"finishReason":"STOP","finishMessage":"done"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4}}""");

    [Fact]
    public void Candidates_are_told_apart_by_their_index() => AssertGives(
        """{"candidates":[{"content":{"parts":[{"text":"ab"}]},"finishReason":"STOP"},{"content":{"parts":[{"text":"x"},{"inlineData":{"mimeType":"image/png","data":"AQ=="}},{"executableCode":{"code":"1"}}]},"index":1,"finishReason":"MAX_TOKENS"}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"x"},{"inlineData":{"mimeType":"image/png","data":"AQ=="}}]},"index":1}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"executableCode":{"code":"1"}}]},"index":1,"finishReason":"MAX_TOKENS"}]}""",
        """{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}""");

    [Fact]
    public void A_blocked_prompt_has_no_candidate() => AssertGives(
        """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}}""",
        """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}}""");

    /// <summary>The bracket before an element, a comma and line ends belong to its frame; without the last one it is half
    /// a document.</summary>
    [Theory]
    [InlineData("]", true)]
    [InlineData("\n]", true)]
    [InlineData("", false)]
    public void An_array_ends_with_its_bracket(string end, bool isWhole)
    {
        string[] frames = ["""[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""", $",\r\n{Stop}", end];

        var answer = Assembled.Of("gemini", frames.Select(Encoding.UTF8.GetBytes));

        Assert.Equal(isWhole, answer is not null);
    }

    [Theory]
    [InlineData("""{"error":{"code":503}}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","partialArgs":[{"jsonPath":"$.a"}],"willContinue":true}}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16","data":"AQ=="}},{"inlineData":{"mimeType":"audio/L16","data":"AQ=="}}]}}]}""")]
    [InlineData("""{"candidates":[{"logprobsResult":{"chosenCandidates":[{"token":"a"}]}},{"logprobsResult":{"chosenCandidates":[{"token":"b"}]}}]}""")]
    [InlineData("""{"candidates":[{"index":1,"content":{"parts":[{"text":"never finished"}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a"},{"text":["b"]}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a"},{"text":1}]}}]}""")]
    [InlineData("""{"candidates":[null]}""")]
    [InlineData("""{"candidates":{}}""")]
    [InlineData("""{"broken":""")]
    public void What_it_does_not_understand_gives_no_answer_rather_than_half_of_one(string strange)
    {
        const string start = """{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""";
        Assert.NotNull(Assembled.Of("gemini", [start, Stop]));

        Assert.Null(Assembled.Of("gemini", [start, strange, Stop]));
    }

    private static void AssertGives(string expected, params string[] data) =>
        Assembled.AssertSame(expected, Assembled.Of("gemini", data));
}
