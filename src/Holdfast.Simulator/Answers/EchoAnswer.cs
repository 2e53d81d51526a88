using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Answers;

/// <summary>Tells the client what arrived: the proof of byte fidelity across processes.</summary>
internal static class EchoAnswer
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static AnswerContent ContentOf(SimulatedRequest request)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("method", request.Method);
            json.WriteString("target", request.Target);
            json.WriteNumber("bytes", request.Body.Length);
            json.WriteString("sha256", request.Sha256);
            json.WriteStartArray("headers");
            foreach (var (name, value) in request.Headers)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(IsCredential(name) ? Hash(value) : value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return AnswerContent.Json(request.Protocol, 200, Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>An answer may end in a recording: a credential appears as its hash, enough to compare.</summary>
    private static bool IsCredential(string name) => name.ToLowerInvariant() is
        "authorization" or "x-api-key" or "x-goog-api-key" or "api-key" or "cookie" or "proxy-authorization";

    private static string Hash(string value) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
