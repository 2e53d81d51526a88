using System.Globalization;
using System.Net;
using System.Text;

namespace Holdfast.Load;

/// <summary>The request bytes the load is made of.</summary>
internal static class Requests
{
    public static byte[] Health(IPEndPoint target) =>
        Encoding.ASCII.GetBytes($"GET /healthz HTTP/1.1\r\nhost: {target}\r\n\r\n");

    public static byte[] Message(IPEndPoint target, string model, bool stream = false, string text = "Hello") =>
        Post(target, $$"""
            {"model":"{{model}}","max_tokens":1024,"stream":{{(stream ? "true" : "false")}},
             "messages":[{"role":"user","content":"{{text}}"}]}
            """);

    private static byte[] Post(IPEndPoint target, string body)
    {
        // Models named sim belong to the simulator inside the gateway, unless the request names an upstream.
        var head = string.Create(CultureInfo.InvariantCulture, $"""
            POST /v1/messages HTTP/1.1
            host: {target}
            content-type: application/json
            content-length: {Encoding.ASCII.GetByteCount(body)}
            anthropic-version: 2023-06-01
            x-api-key: bench
            user-agent: holdfast-load
            holdfast-upstream: anthropic


            """);
        return Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + body);
    }
}
