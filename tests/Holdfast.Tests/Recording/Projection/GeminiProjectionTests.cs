using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Recording.Projection;

public sealed class GeminiProjectionTests : IDisposable
{
    private readonly Projections _projections = new();

    public void Dispose() => _projections.Dispose();

    [Fact]
    public void Contents_and_candidates_become_rows()
    {
        var rows = _projections.Turn("gemini",
            """
            {"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":[{"name":"read_file"}]}],"contents":[
            {"role":"user","parts":[{"text":"Look"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo"}},{"file_data":{"mime_type":"application/pdf","file_uri":"files/a"}}]},
            {"role":"model","parts":[{"text":"Hm","thought":true},{"functionCall":{"id":"x1","name":"read_file","args":{"path":"a"}},"thoughtSignature":"CiQ"}]},
            {"role":"user","parts":[{"functionResponse":{"id":"x1","name":"read_file","response":{"error":"no such file"}}},
              {"functionResponse":{"name":"list","response":{"files":["a"]}}}]}]}
            """,
            """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Plan","thought":true},{"text":"Not there."},{"executableCode":{"language":"PYTHON","code":"print(1)"}},
            {"functionCall":{"name":"read_file","args":{"path":"b"}},"thoughtSignature":"CiR"}]},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":1200,"cachedContentTokenCount":1024,"candidatesTokenCount":60,"thoughtsTokenCount":300,"totalTokenCount":1560},
            "modelVersion":"gemini-3.1-pro","responseId":"r1"}
            """);

        Assert.Equal(
            [
                "user text: Look", "user image: ", "user file: files/a", "assistant reasoning: Hm", "assistant tool_call: read_file",
                "user tool_result: no such file", "user tool_result: {\"files\":[\"a\"]}",
                "assistant reasoning: Plan", "assistant text: Not there.", "assistant executableCode: print(1)", "assistant tool_call: read_file",
            ],
            rows.Told());
        Assert.Equal("Be brief.", rows[0].SystemText);
        Assert.Equal(("x1", """{"path":"a"}""", "CiQ"), (rows[4].ToolCallId, rows[4].ToolArgs, rows[4].ThinkingSignature));
        Assert.Equal(("x1", true, "list"), (rows[5].ToolResultFor, rows[5].IsError, rows[6].ToolResultFor));
        Assert.Equal(new TokenUsage(176, 360, 1024, 0), rows.Tokens());
        Assert.Equal((300, "tool_use", "gemini-3.1-pro"), (rows.Sum("reasoning_tokens"), rows[^1].Status("finish_reason"), rows[^1].Model));
    }

    [Fact]
    public void A_blocked_prompt_is_a_refusal_on_the_row_that_stands_for_the_exchange()
    {
        var rows = _projections.Turn("gemini", """{"contents":[{"parts":[{"text":"hi"}]}]}""",
            """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}""");

        Assert.Equal(["user text: hi", "assistant exchange: "], rows.Told());
        Assert.Equal(("refusal", "SAFETY", 4), (rows[1].Status("finish_reason"), rows[1].Status("error_code"), rows.Sum("input_tokens")));
    }
}
