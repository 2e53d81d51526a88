using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Transcripts;

/// <summary>OpenAI Responses: literal healthy answers with the full lifecycle, numbered from 0.</summary>
public static class ResponsesTranscript
{
    /// <summary>A short answer with text beyond ASCII.</summary>
    public static Transcript Text { get; } = Of(TranscriptShape.Sample);

    /// <summary>A reasoning item with encrypted content, then a message.</summary>
    public static Transcript Thinking { get; } =
        Of(TranscriptShape.Sample with { Thinking = SimulatorText.Thoughts(3) });

    /// <summary>A message, then a function call.</summary>
    public static Transcript Tool { get; } = Of(TranscriptShape.Sample with { ToolCall = true });

    /// <summary>The stream of <paramref name="shape"/>.</summary>
    public static Transcript Of(TranscriptShape shape)
    {
        var stream = new TranscriptBuilder(TemplateFile.Responses, shape);
        stream.Add(EventRole.Handshake, "created", ("response", Opening(shape)));
        stream.Add(EventRole.Handshake, "in_progress", ("response", Opening(shape)));

        var items = new List<string>();
        if (shape.Thinking.Count > 0)
        {
            AddReasoning(stream, shape, items);
        }

        AddMessage(stream, shape, items);
        if (shape.ToolCall)
        {
            AddCall(stream, items);
        }

        stream.Add(EventRole.Terminal, "completed", ("response", WholeOf(shape)));
        return new Transcript(SimulatedProtocol.Responses, stream.Events, "text/event-stream; charset=utf-8");
    }

    /// <summary>The JSON answer of <paramref name="shape"/>; also what the terminal event carries.</summary>
    public static string WholeOf(TranscriptShape shape)
    {
        var items = new List<string>();
        if (shape.Thinking.Count > 0)
        {
            items.Add(Reasoning(shape));
        }

        items.Add(Message(shape));
        if (shape.ToolCall)
        {
            items.Add(Call());
        }

        var usage = TemplateFile.Responses.Fill("usage",
            ("output", TranscriptBuilder.Number(shape.OutputTokens)),
            ("reasoning", TranscriptBuilder.Number(shape.ReasoningTokens)),
            ("total", TranscriptBuilder.Number(shape.TotalTokens)));
        return TemplateFile.Responses.Fill("response",
            ("status", "completed"), ("model", shape.Model), ("usage", usage), ("output", string.Join(',', items)));
    }

    private static void AddReasoning(TranscriptBuilder stream, TranscriptShape shape, List<string> items)
    {
        var index = ("index", TranscriptBuilder.Number(items.Count));
        var text = ("text", TemplateFile.Escape(shape.ThinkingText));
        items.Add(Reasoning(shape));

        stream.Add(EventRole.Handshake, "reasoning_added", index);
        stream.Add(EventRole.Handshake, "summary_added", index);
        stream.AddDeltas("summary_delta", shape.Thinking.Select(TemplateFile.Escape), index);
        stream.Add(EventRole.Closing, "summary_text_done", index, text);
        stream.Add(EventRole.Closing, "summary_part_done", index, text);
        stream.Add(EventRole.Closing, "item_done", index, ("item", items[^1]));
    }

    private static void AddMessage(TranscriptBuilder stream, TranscriptShape shape, List<string> items)
    {
        var index = ("index", TranscriptBuilder.Number(items.Count));
        var text = ("text", TemplateFile.Escape(shape.Text));
        items.Add(Message(shape));

        stream.Add(EventRole.Handshake, "message_added", index);
        stream.Add(EventRole.Handshake, "part_added", index);
        stream.AddDeltas("text_delta", shape.Deltas.Select(TemplateFile.Escape), index);
        stream.Add(EventRole.Closing, "text_done", index, text);
        stream.Add(EventRole.Closing, "part_done", index, text);
        stream.Add(EventRole.Closing, "item_done", index, ("item", items[^1]));
    }

    private static void AddCall(TranscriptBuilder stream, List<string> items)
    {
        var index = ("index", TranscriptBuilder.Number(items.Count));
        items.Add(Call());

        stream.Add(EventRole.Handshake, "call_added", index);
        stream.AddDeltas("call_delta", TranscriptShape.ToolArguments, index);
        stream.Add(EventRole.Closing, "call_done", index, ("text", TranscriptShape.ToolArgumentsText));
        stream.Add(EventRole.Closing, "item_done", index, ("item", items[^1]));
    }

    private static string Opening(TranscriptShape shape) => TemplateFile.Responses.Fill("response",
        ("status", "in_progress"), ("model", shape.Model), ("usage", "null"), ("output", ""));

    private static string Reasoning(TranscriptShape shape) => TemplateFile.Responses.Fill("item_reasoning",
        ("signature", ThinkingSignature.Sign(shape.ThinkingText)),
        ("text", TemplateFile.Escape(shape.ThinkingText)));

    private static string Message(TranscriptShape shape) =>
        TemplateFile.Responses.Fill("item_message", ("text", TemplateFile.Escape(shape.Text)));

    private static string Call() =>
        TemplateFile.Responses.Fill("item_call", ("text", TranscriptShape.ToolArgumentsText));
}
