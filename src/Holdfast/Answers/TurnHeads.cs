using Holdfast.Journal;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Answers;

/// <summary>The head of an answer, on its way into the journal and out of it.</summary>
internal static class TurnHeads
{
    /// <summary>What an answer's head holds for whoever asks for it again: nothing of one exchange or one connection.</summary>
    public static TurnHead Of(HttpResponse response, bool isStream, bool isArray = false)
    {
        var headers = new List<KeyValuePair<string, StringValues>>(response.Headers.Count);
        foreach (var header in response.Headers)
        {
            if (!header.Key.StartsWith("holdfast-", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("connection", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase)
                && !header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            {
                headers.Add(header);
            }
        }

        return new(response.StatusCode, headers, isStream, isArray);
    }

    /// <summary>The head as it is sent again.</summary>
    public static void CopyTo(TurnHead head, HttpResponse response)
    {
        response.StatusCode = head.Status;
        foreach (var (name, values) in head.Headers)
        {
            response.Headers[name] = values;
        }
    }
}
