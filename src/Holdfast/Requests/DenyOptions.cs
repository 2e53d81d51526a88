namespace Holdfast.Requests;

/// <summary>What requests may not carry. Section <c>deny</c>. A request that carries it is refused with the name of what
/// is denied; nothing is ever removed or changed silently (R44).</summary>
public sealed class DenyOptions
{
    /// <summary>Top-level fields of the request body that are refused. Default none: unknown fields pass.</summary>
    public IReadOnlyList<string> Fields { get; set; } = [];

    /// <summary>Request headers that are refused. Default none.</summary>
    public IReadOnlyList<string> Headers { get; set; } = [];
}
