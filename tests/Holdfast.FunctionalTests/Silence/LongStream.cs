using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A healthy Chat stream of many megabytes: large events, numbered, so that order shows.</summary>
internal static class LongStream
{
    private const int EventBytes = 32 * 1024;

    public static Transcript Of(int megabytes)
    {
        var count = megabytes * 1024 * 1024 / EventBytes;
        var filler = new string('x', EventBytes);
        var deltas = Enumerable.Range(0, count).Select(i => TranscriptEvent.Of(
            $"data: {{\"id\":\"chatcmpl-sim\",\"object\":\"chat.completion.chunk\",\"model\":\"sim\",\"choices\":[{{\"index\":0,"
            + $"\"delta\":{{\"content\":\"{i:D6}{filler}\"}},\"finish_reason\":null}}]}}\n\n", EventRole.Delta));
        var end = Transcript.Of(SimulatedProtocol.Chat, new TranscriptShape()).Events.TakeLast(2);
        return new Transcript(SimulatedProtocol.Chat, [.. deltas, .. end], "text/event-stream");
    }

    /// <summary>The number of an event; -1 for one without.</summary>
    public static int NumberOf(string text)
    {
        const string Mark = "\"content\":\"";
        var at = text.IndexOf(Mark, StringComparison.Ordinal);
        return at >= 0 && int.TryParse(text.AsSpan(at + Mark.Length, 6), out var number) ? number : -1;
    }
}
