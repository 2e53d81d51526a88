namespace Holdfast.Recording.Projection;

/// <summary>How much of a body is recorded.</summary>
public enum ProjectionMode
{
    /// <summary>What the messages say.</summary>
    Messages,

    /// <summary>The provider's JSON of every part as well.</summary>
    Raw,
}

/// <summary>What an exchange's bodies and headers were.</summary>
public sealed record ProjectionInput
{
    /// <summary>The request's body, decoded; empty where there was none.</summary>
    public ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The whole answer as one JSON document of the protocol, decoded and assembled; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Answer { get; init; }

    /// <summary>The request's headers, secrets taken out (<see cref="Redaction.HeaderRedaction"/>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>The answer's headers, secrets taken out.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; init; } = [];

    /// <summary>How much is recorded.</summary>
    public ProjectionMode Mode { get; init; }

    /// <summary>The client's <c>holdfast-directory</c> header.</summary>
    public string? Directory { get; init; }
}
