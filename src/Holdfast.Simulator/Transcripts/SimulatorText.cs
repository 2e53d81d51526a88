
namespace Holdfast.Simulator.Transcripts;

/// <summary>The simulator's words and fixed usage figures. ASCII without quotes: safe inside JSON.</summary>
internal static class SimulatorText
{
    public const int InputTokens = 25;
    public const int TokensPerDelta = 5;
    public const int TokensPerToolCall = 10;

    // The first five words, the default answer, are a sentence of their own.
    private const string Answer =
        "Holdfast simulator: your setup works. No model was asked and no token was spent. "
        + "Add parts to the model name to see more: sim-n50-i100 streams slowly, sim-think3 thinks first, "
        + "sim-tool calls a tool, sim-rst3 cuts the connection after three deltas, sim-h529 is overloaded. "
        + "All parts stand in docs/simulator.md. ";

    private const string Thought = "The simulator pretends to think about this question for a while. ";

    private static readonly string[] AnswerWords = Words(Answer);
    private static readonly string[] ThoughtWords = Words(Thought);

    /// <summary><paramref name="count"/> deltas: a word each, or <paramref name="bytes"/> bytes each.</summary>
    public static string[] Deltas(int count, int? bytes)
    {
        var deltas = new string[count];
        for (var i = 0; i < count; i++)
        {
            deltas[i] = bytes is { } size ? Bytes(i * (long)size, size) : AnswerWords[i % AnswerWords.Length];
        }

        return deltas;
    }

    public static string[] Thoughts(int count)
    {
        var deltas = new string[count];
        for (var i = 0; i < count; i++)
        {
            deltas[i] = ThoughtWords[i % ThoughtWords.Length];
        }

        return deltas;
    }

    /// <summary><paramref name="count"/> bytes of the endless answer from <paramref name="start"/>.</summary>
    public static string Bytes(long start, int count) =>
        string.Create(count, start, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Answer[(int)((from + i) % Answer.Length)];
            }
        });

    private static string[] Words(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word + " ")];
}
