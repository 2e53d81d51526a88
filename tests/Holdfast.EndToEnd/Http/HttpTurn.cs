using System.Text.Json;

namespace Holdfast.EndToEnd.Http;

/// <summary>A request an HTTP client is to post.</summary>
internal sealed record HttpTurn(string Url, string Body);

/// <summary>What a client saw of the answer, whatever became of it.</summary>
/// <param name="Status">0 when no answer came.</param>
/// <param name="Headers">Names in small letters.</param>
/// <param name="Body">Everything that arrived.</param>
/// <param name="Failure">What the client's runtime threw; null for an answer that ended as it should.</param>
internal sealed record HttpResult(
    int Status, IReadOnlyDictionary<string, string> Headers, string Body, string? Failure);

/// <summary>The JSON that passes between tests and scripts.</summary>
internal static class ScriptJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
}
