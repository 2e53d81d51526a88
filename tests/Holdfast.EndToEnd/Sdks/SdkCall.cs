namespace Holdfast.EndToEnd.Sdks;

/// <summary>One call of an SDK's method.</summary>
/// <param name="Op">What to call: <c>stream</c>, <c>whole</c>, <c>count</c>, <c>models</c>.</param>
/// <param name="Model">The model; empty where none is named.</param>
/// <param name="BaseUrl">Where the SDK is pointed at.</param>
internal sealed record SdkCall(string Op, string Model, string BaseUrl);

/// <summary>What an SDK gave its caller, in words common to all.</summary>
internal sealed record SdkResult
{
    /// <summary>The text that came, also before an error; for <c>count</c> the number of tokens.</summary>
    public string Text { get; set; } = "";

    public string Thinking { get; set; } = "";

    public string? Signature { get; set; }

    /// <summary>The name of the tool it wants called.</summary>
    public string? Tool { get; set; }

    public string? ToolInput { get; set; }

    /// <summary>Why the answer ended.</summary>
    public string? End { get; set; }

    /// <summary>Types of the events seen; for <c>models</c> the names.</summary>
    public List<string> Events { get; set; } = [];

    public SdkError? Error { get; set; }
}

/// <summary>What an SDK threw.</summary>
/// <param name="Name">The type of the exception.</param>
/// <param name="Status">The HTTP status in it.</param>
/// <param name="Type">The error's type in it.</param>
/// <param name="Message">Its text.</param>
internal sealed record SdkError(string Name, int? Status, string? Type, string Message);
