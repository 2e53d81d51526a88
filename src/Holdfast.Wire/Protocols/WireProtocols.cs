using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Gemini;
using Holdfast.Wire.OpenAIChat;
using Holdfast.Wire.OpenAIResponses;

namespace Holdfast.Wire.Protocols;

/// <summary>The four wire formats there are.</summary>
public static class WireProtocols
{
    /// <summary>Anthropic Messages.</summary>
    public static readonly WireProtocol Anthropic = new AnthropicProtocol();

    /// <summary>OpenAI Chat Completions, and the older Completions, which ends alike.</summary>
    public static readonly WireProtocol OpenAIChat = new OpenAIChatProtocol();

    /// <summary>OpenAI Responses.</summary>
    public static readonly WireProtocol OpenAIResponses = new OpenAIResponsesProtocol();

    /// <summary>Gemini generateContent.</summary>
    public static readonly WireProtocol Gemini = new GeminiProtocol();

    /// <summary>All four.</summary>
    public static IReadOnlyList<WireProtocol> All { get; } = [Anthropic, OpenAIChat, OpenAIResponses, Gemini];
}
