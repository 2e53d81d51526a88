using Holdfast.Wire.Protocols;

namespace Holdfast.TestKit;

/// <summary>The smallest request of each protocol, as tests send it.</summary>
public static class SampleRequests
{
    /// <summary>Names of the four protocols, for theories.</summary>
    public static IEnumerable<string> Protocols => WireProtocols.All.Select(protocol => protocol.Name);

    /// <summary>Path and body of one turn.</summary>
    /// <param name="protocol">A protocol's name.</param>
    /// <param name="model">The model; <c>test</c> behaves like the simulator's <c>sim</c>.</param>
    /// <param name="stream">Whether a stream is asked for.</param>
    public static (string Path, string Body) Turn(string protocol, string model = "test", bool stream = true)
    {
        var flag = stream ? "true" : "false";
        return protocol switch
        {
            "anthropic" => ("/v1/messages",
                $$"""{"model":"{{model}}","max_tokens":64,"messages":[{"role":"user","content":"hello"}],"stream":{{flag}}}"""),
            "openai-chat" => ("/v1/chat/completions",
                $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hello"}],"stream":{{flag}}}"""),
            "openai-responses" => ("/v1/responses", $$"""{"model":"{{model}}","input":"hello","stream":{{flag}}}"""),
            "gemini" => (stream
                    ? $"/v1beta/models/{model}:streamGenerateContent?alt=sse"
                    : $"/v1beta/models/{model}:generateContent",
                """{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}"""),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol."),
        };
    }
}
