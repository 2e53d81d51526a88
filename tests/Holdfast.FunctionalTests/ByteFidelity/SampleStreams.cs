using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>A healthy stream of each protocol, literal, with text beyond ASCII.</summary>
internal static class SampleStreams
{
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    /// <summary>The simulator's word for a protocol.</summary>
    public static SimulatedProtocol Of(string protocol) => protocol switch
    {
        "anthropic" => SimulatedProtocol.Anthropic,
        "openai-chat" => SimulatedProtocol.Chat,
        "openai-responses" => SimulatedProtocol.Responses,
        _ => SimulatedProtocol.Gemini,
    };

    /// <summary>About 2 kB of text.</summary>
    public static Transcript Text(string protocol) => protocol switch
    {
        "anthropic" => AnthropicTranscript.Text,
        "openai-chat" => ChatTranscript.Text,
        "openai-responses" => ResponsesTranscript.Text,
        _ => GeminiTranscript.Text,
    };

    /// <summary>The text with something put between its first and its second event.</summary>
    public static string With(string protocol, string between)
    {
        var text = Text(protocol).Text;
        var first = text.IndexOf("\n\n", StringComparison.Ordinal) + 2;
        return text[..first] + between + text[first..];
    }
}
