using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Transcripts;

/// <summary>Anthropic Messages: literal healthy answers.</summary>
public static class AnthropicTranscript
{
    /// <summary>A short answer with text beyond ASCII, about 2 kB.</summary>
    public static Transcript Text { get; } = Of(TranscriptShape.Sample);

    /// <summary>A signed thinking block, then text.</summary>
    public static Transcript Thinking { get; } =
        Of(TranscriptShape.Sample with { Thinking = SimulatorText.Thoughts(3) });

    /// <summary>Text, then a tool call.</summary>
    public static Transcript Tool { get; } = Of(TranscriptShape.Sample with { ToolCall = true });

    /// <summary>The stream of <paramref name="shape"/>.</summary>
    public static Transcript Of(TranscriptShape shape)
    {
        var stream = new TranscriptBuilder(TemplateFile.Anthropic, shape);
        var blocks = 0;
        stream.Add(EventRole.Handshake, "message_start");

        if (shape.Thinking.Count > 0)
        {
            var index = ("index", TranscriptBuilder.Number(blocks++));
            stream.Add(EventRole.Handshake, "thinking_start", index);
            stream.AddDeltas("thinking_delta", shape.Thinking.Select(TemplateFile.Escape), index);
            stream.Add(EventRole.Closing, "signature_delta", index,
                ("signature", ThinkingSignature.Sign(shape.ThinkingText)));
            stream.Add(EventRole.Closing, "block_stop", index);
        }

        var text = ("index", TranscriptBuilder.Number(blocks++));
        stream.Add(EventRole.Handshake, "text_start", text);
        stream.AddDeltas("text_delta", shape.Deltas.Select(TemplateFile.Escape), text);
        stream.Add(EventRole.Closing, "block_stop", text);

        if (shape.SecondText is { } second)
        {
            var index = ("index", TranscriptBuilder.Number(blocks++));
            stream.Add(EventRole.Handshake, "text_start", index);
            stream.AddDeltas("text_delta", [TemplateFile.Escape(second)], index);
            stream.Add(EventRole.Closing, "block_stop", index);
        }

        if (shape.ToolCall)
        {
            var index = ("index", TranscriptBuilder.Number(blocks));
            stream.Add(EventRole.Handshake, "tool_start", index);
            stream.AddDeltas("tool_delta", TranscriptShape.ToolArguments, index);
            stream.Add(EventRole.Closing, "block_stop", index);
        }

        stream.Add(EventRole.Closing, "message_delta", Stop(shape), Output(shape));
        stream.Add(EventRole.Terminal, "message_stop");
        return new Transcript(SimulatedProtocol.Anthropic, stream.Events, "text/event-stream; charset=utf-8");
    }

    /// <summary>The JSON answer of <paramref name="shape"/>.</summary>
    public static string WholeOf(TranscriptShape shape)
    {
        var templates = TemplateFile.Anthropic;
        var blocks = new List<string>();
        if (shape.Thinking.Count > 0)
        {
            blocks.Add(templates.Fill("whole_thinking",
                ("signature", ThinkingSignature.Sign(shape.ThinkingText)),
                ("text", TemplateFile.Escape(shape.ThinkingText))));
        }

        blocks.Add(templates.Fill("whole_text", ("text", TemplateFile.Escape(shape.Text))));
        if (shape.SecondText is { } second)
        {
            blocks.Add(templates.Fill("whole_text", ("text", TemplateFile.Escape(second))));
        }

        if (shape.ToolCall)
        {
            blocks.Add(templates.Fill("whole_tool"));
        }

        return templates.Fill("whole",
            ("model", shape.Model), Stop(shape), Output(shape), ("content", string.Join(',', blocks)));
    }

    private static (string Placeholder, string Value) Stop(TranscriptShape shape) =>
        ("stop", shape.ToolCall ? "tool_use" : "end_turn");

    private static (string Placeholder, string Value) Output(TranscriptShape shape) =>
        ("output", TranscriptBuilder.Number(shape.OutputTokens));
}
