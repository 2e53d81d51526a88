namespace Holdfast.Simulator.Requests;

/// <summary>The four wire formats the simulator answers in.</summary>
public enum SimulatedProtocol
{
    /// <summary>Anthropic Messages.</summary>
    Anthropic,

    /// <summary>OpenAI Chat Completions.</summary>
    Chat,

    /// <summary>OpenAI Responses.</summary>
    Responses,

    /// <summary>Gemini generateContent.</summary>
    Gemini,
}
