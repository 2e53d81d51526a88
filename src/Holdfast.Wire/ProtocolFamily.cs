namespace Holdfast.Wire;

/// <summary>Whose API an upstream speaks: the value of an upstream's <c>protocol</c> setting.</summary>
/// <remarks>A family may hold several wire protocols: <see cref="OpenAI"/> serves both Chat and Responses.</remarks>
public enum ProtocolFamily
{
    /// <summary>Anthropic Messages. Setting value <c>anthropic</c>.</summary>
    Anthropic,

    /// <summary>OpenAI Chat and Responses. Setting value <c>openai</c>.</summary>
    OpenAI,

    /// <summary>Gemini generateContent. Setting value <c>gemini</c>.</summary>
    Gemini,
}
