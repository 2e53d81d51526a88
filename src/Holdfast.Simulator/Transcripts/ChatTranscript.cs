using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Transcripts;

/// <summary>OpenAI Chat: literal healthy answers.</summary>
public static class ChatTranscript
{
    /// <summary>A short answer with text beyond ASCII and a usage chunk.</summary>
    public static Transcript Text { get; } = Of(TranscriptShape.Sample with { IncludeUsage = true });

    /// <summary>Reasoning as <c>reasoning_content</c>, then text.</summary>
    public static Transcript Thinking { get; } =
        Of(TranscriptShape.Sample with { Thinking = SimulatorText.Thoughts(3), IncludeUsage = true });

    /// <summary>Text, then a tool call.</summary>
    public static Transcript Tool { get; } = Of(TranscriptShape.Sample with { ToolCall = true, IncludeUsage = true });

    /// <summary>The stream of <paramref name="shape"/>.</summary>
    public static Transcript Of(TranscriptShape shape)
    {
        var stream = new TranscriptBuilder(TemplateFile.Chat, shape);
        // With a usage chunk asked for, every other chunk says that it has none.
        var usage = ("usage", shape.IncludeUsage ? ",\"usage\":null" : "");

        stream.Add(EventRole.Handshake, "role", usage);
        stream.AddDeltas("reasoning_delta", shape.Thinking.Select(TemplateFile.Escape), usage);
        stream.AddDeltas("text_delta", shape.Deltas.Select(TemplateFile.Escape), usage);
        if (shape.ToolCall)
        {
            stream.Add(EventRole.Handshake, "tool_start", usage);
            stream.AddDeltas("tool_delta", TranscriptShape.ToolArguments, usage);
        }

        stream.Add(EventRole.Closing, "finish", usage, Stop(shape));
        if (shape.IncludeUsage)
        {
            stream.Add(EventRole.Closing, "usage", Usage(shape));
        }

        stream.Add(EventRole.Terminal, "done");
        return new Transcript(SimulatedProtocol.Chat, stream.Events, "text/event-stream; charset=utf-8");
    }

    /// <summary>The JSON answer of <paramref name="shape"/>.</summary>
    public static string WholeOf(TranscriptShape shape)
    {
        var templates = TemplateFile.Chat;
        var extra = shape.Thinking.Count == 0
            ? ""
            : templates.Fill("whole_reasoning", ("text", TemplateFile.Escape(shape.ThinkingText)));
        extra += shape.ToolCall ? templates.Fill("whole_tool") : "";

        return templates.Fill("whole",
            [("model", shape.Model), Stop(shape), .. Usage(shape), ("extra", extra),
                ("text", TemplateFile.Escape(shape.Text))]);
    }

    private static (string Placeholder, string Value) Stop(TranscriptShape shape) =>
        ("stop", shape.ToolCall ? "tool_calls" : "stop");

    private static (string Placeholder, string Value)[] Usage(TranscriptShape shape) =>
    [
        ("output", TranscriptBuilder.Number(shape.OutputTokens)),
        ("total", TranscriptBuilder.Number(shape.TotalTokens)),
        ("reasoning", TranscriptBuilder.Number(shape.ReasoningTokens)),
    ];
}
