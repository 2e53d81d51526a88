using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Failover;

namespace Holdfast.Proxy;

/// <summary>Puts another type or code into an upstream's error document.</summary>
internal static class ErrorRewriting
{
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document as it is told; null where nothing in it changes, or can be.</summary>
    public static byte[]? With(byte[] body, ToldFailure told)
    {
        if (told.Type is null && told.Code is null)
        {
            return null;
        }

        try
        {
            if (JsonNode.Parse(body) is JsonObject document && document["error"] is JsonObject error)
            {
                error["type"] = told.Type ?? error["type"]?.DeepClone();
                error["code"] = told.Code ?? error["code"]?.DeepClone();
                if (error["code"] is null)
                {
                    error.Remove("code");
                }

                return JsonSerializer.SerializeToUtf8Bytes(document, AsWritten);
            }
        }
        catch (JsonException)
        {
            // What is no document cannot be rewritten.
        }

        return null;
    }
}
