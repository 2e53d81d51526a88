using Microsoft.Extensions.Primitives;

namespace Holdfast.Journal;

/// <summary>The head of an answer, as the first client got it or would have.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers, without those that belong to one exchange or one connection.</param>
/// <param name="IsStream">Whether its body is a stream.</param>
/// <param name="IsArray">Whether that stream is one JSON array instead of events.</param>
internal sealed record TurnHead(
    int Status, IReadOnlyList<KeyValuePair<string, StringValues>> Headers, bool IsStream, bool IsArray = false);
