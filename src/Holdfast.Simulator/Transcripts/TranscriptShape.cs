namespace Holdfast.Simulator.Transcripts;

/// <summary>What a healthy answer contains, independent of the protocol that carries it.</summary>
public sealed record TranscriptShape
{
    /// <summary>The model name the answer bears.</summary>
    public string Model { get; init; } = "sim";

    /// <summary>The text, one entry a delta.</summary>
    public IReadOnlyList<string> Deltas { get; init; } = SimulatorText.Deltas(5, null);

    /// <summary>The thinking before the text, one entry a delta; empty for none.</summary>
    public IReadOnlyList<string> Thinking { get; init; } = [];

    /// <summary>Anthropic only: a second block of text behind the first; null for none.</summary>
    public string? SecondText { get; init; }

    /// <summary>Whether a call of the tool <c>read_file</c> follows the text.</summary>
    public bool ToolCall { get; init; }

    /// <summary>Whether a ping stands between any two deltas.</summary>
    public bool Pings { get; init; }

    /// <summary>Chat only: whether a usage chunk was asked for (<c>stream_options.include_usage</c>).</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Gemini only: a stream without <c>alt=sse</c> is a JSON array.</summary>
    public bool JsonArray { get; init; }

    /// <summary>A short answer whose only delta holds <paramref name="bytes"/> bytes of text.</summary>
    public static TranscriptShape Huge(int bytes) => new() { Deltas = [SimulatorText.Bytes(0, bytes)] };

    /// <summary>About 2 kB of stream with text beyond ASCII, for sweeps over every byte.</summary>
    internal static TranscriptShape Sample { get; } = new()
    {
        Deltas = ["Ein Übermaß ", "naïver ", "Zeichen: ✓ ", "日本語 ", "and 🙂.\nDone."],
    };

    internal string Text => string.Concat(Deltas);

    internal string ThinkingText => string.Concat(Thinking);

    internal int ReasoningTokens => Thinking.Count * SimulatorText.TokensPerDelta;

    internal int TextTokens =>
        (Deltas.Count * SimulatorText.TokensPerDelta) + (ToolCall ? SimulatorText.TokensPerToolCall : 0);

    internal int OutputTokens => TextTokens + ReasoningTokens;

    internal int TotalTokens => SimulatorText.InputTokens + OutputTokens;

    internal static IReadOnlyList<string> ToolArguments { get; } = ["{\\\"path\\\":", "\\\"README.md\\\"}"];

    internal static string ToolArgumentsText => string.Concat(ToolArguments);
}
