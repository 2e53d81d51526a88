using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Transcripts;

/// <summary>Gemini generateContent: literal healthy answers, as SSE or as a JSON array.</summary>
public static class GeminiTranscript
{
    /// <summary>A short answer with text beyond ASCII, as SSE.</summary>
    public static Transcript Text { get; } = Of(TranscriptShape.Sample);

    /// <summary>Thought parts, then text, a signature on the last part.</summary>
    public static Transcript Thinking { get; } =
        Of(TranscriptShape.Sample with { Thinking = SimulatorText.Thoughts(3) });

    /// <summary>Text, then a function call.</summary>
    public static Transcript Tool { get; } = Of(TranscriptShape.Sample with { ToolCall = true });

    /// <summary>The stream of <paramref name="shape"/>.</summary>
    public static Transcript Of(TranscriptShape shape)
    {
        var chunks = new List<(EventRole Role, string Json)>();
        AddTexts(chunks, "thought", shape.Thinking);
        AddTexts(chunks, "text", shape.Deltas);
        if (shape.ToolCall)
        {
            chunks.Add((EventRole.Delta, TemplateFile.Gemini.Fill("call", ("signature", Signature(shape)))));
        }

        // A function call carries the signature itself; else the last, empty part does.
        var last = shape.ToolCall ? "" : Signature(shape);
        chunks.Add((EventRole.Terminal,
            TemplateFile.Gemini.Fill("last", ("signature", last), ("usage", Usage(shape)))));
        return new Transcript(SimulatedProtocol.Gemini, [.. Frame(shape, chunks)], ContentType(shape));
    }

    /// <summary>The JSON answer of <paramref name="shape"/>.</summary>
    public static string WholeOf(TranscriptShape shape)
    {
        var templates = TemplateFile.Gemini;
        var parts = new List<string>();
        if (shape.Thinking.Count > 0)
        {
            parts.Add(templates.Fill("part_thought", ("text", TemplateFile.Escape(shape.ThinkingText))));
        }

        var signature = ("signature", shape.ToolCall ? "" : Signature(shape));
        parts.Add(templates.Fill("part_text", signature, ("text", TemplateFile.Escape(shape.Text))));
        if (shape.ToolCall)
        {
            parts.Add(templates.Fill("part_call", ("signature", Signature(shape))));
        }

        return templates.Fill("whole",
            ("model", shape.Model), ("usage", Usage(shape)), ("parts", string.Join(',', parts)));
    }

    /// <summary>One chunk as it stands in the stream: an SSE event, or an element of the array.</summary>
    internal static string Frame(bool jsonArray, string json, bool first, bool last) => (jsonArray, first, last) switch
    {
        (false, _, _) => $"data: {json}\n\n",
        (true, true, true) => $"[{json}]\n",
        (true, true, false) => $"[{json}",
        (true, false, true) => $",\n{json}\n]\n",
        _ => $",\n{json}",
    };

    private static void AddTexts(List<(EventRole Role, string Json)> chunks, string name, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            chunks.Add((EventRole.Delta, TemplateFile.Gemini.Fill(name, ("text", TemplateFile.Escape(text)))));
        }
    }

    private static IEnumerable<TranscriptEvent> Frame(TranscriptShape shape, List<(EventRole Role, string Json)> chunks)
    {
        for (var i = 0; i < chunks.Count; i++)
        {
            var (role, json) = chunks[i];
            if (shape.Pings && role == EventRole.Delta && i > 0)
            {
                yield return TranscriptEvent.Of("\n\n", EventRole.Ping);
            }

            var named = json.Replace("%model%", shape.Model, StringComparison.Ordinal);
            var text = Frame(shape.JsonArray, named, i == 0, i == chunks.Count - 1);
            yield return TranscriptEvent.Of(text, role);
        }
    }

    private static string ContentType(TranscriptShape shape) =>
        shape.JsonArray ? "application/json; charset=UTF-8" : "text/event-stream";

    private static string Signature(TranscriptShape shape) => shape.Thinking.Count == 0
        ? ""
        : TemplateFile.Gemini.Fill("signature", ("signature", ThinkingSignature.Sign(shape.ThinkingText)));

    private static string Usage(TranscriptShape shape) => TemplateFile.Gemini.Fill("usage",
        ("output", TranscriptBuilder.Number(shape.TextTokens)),
        ("reasoning", TranscriptBuilder.Number(shape.ReasoningTokens)),
        ("total", TranscriptBuilder.Number(shape.TotalTokens)));
}
