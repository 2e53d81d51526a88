using System.Globalization;
using System.Net;
using System.Text;

namespace Holdfast.Load;

/// <summary>The request bytes the load is made of.</summary>
internal static class Requests
{
    public static byte[] Health(IPEndPoint target) =>
        Encoding.ASCII.GetBytes($"GET /healthz HTTP/1.1\r\nhost: {target}\r\n\r\n");

    /// <param name="target">Where it goes.</param>
    /// <param name="model">The model.</param>
    /// <param name="stream">Whether a stream is asked for.</param>
    /// <param name="text">What is said.</param>
    /// <param name="byRoute">Whether a route of the configuration decides who answers; else the request names it, since models
    /// named sim belong to the simulator inside the gateway.</param>
    public static byte[] Message(
        IPEndPoint target, string model, bool stream = false, string text = "Hello", bool byRoute = false) =>
        Post(target, byRoute, $$"""
            {"model":"{{model}}","max_tokens":1024,"stream":{{(stream ? "true" : "false")}},
             "messages":[{"role":"user","content":"{{text}}"}]}
            """);

    private static byte[] Post(IPEndPoint target, bool byRoute, string body)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"""
            POST /v1/messages HTTP/1.1
            host: {target}
            content-type: application/json
            content-length: {Encoding.ASCII.GetByteCount(body)}
            anthropic-version: 2023-06-01
            x-api-key: bench
            user-agent: holdfast-load
            {(byRoute ? "x-bench: by-route" : "holdfast-upstream: anthropic")}


            """);
        return Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + body);
    }
}
