namespace Holdfast.Wire.Errors;

/// <summary>A failure as the client is told it, in whatever protocol it speaks. Holds no raw text of the failure (R114).</summary>
/// <param name="Code">Which of our codes it is.</param>
/// <param name="Message">One sentence for the client; fixed texts where clients compare them (R92, R94).</param>
/// <param name="ExchangeId">Our id of the exchange.</param>
/// <param name="Flight">The short flight record: what had happened by then.</param>
public sealed record GatewayError(ErrorCode Code, string Message, string ExchangeId = "", string? Flight = null)
{
    /// <summary>The status the client gets; by default the code's.</summary>
    public int Status { get; init; } = Code.Status;

    /// <summary>When the client may come back, where it is told so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The word a generic retry layer looks for (R35): it stands in every protocol's form of the error.</summary>
    public string Kind => Code.Class switch
    {
        ErrorClass.Connection or ErrorClass.Network or ErrorClass.Stream => "connection_error",
        ErrorClass.Timeout => "timeout_error",
        ErrorClass.Request => "invalid_request_error",
        ErrorClass.Limit => "rate_limit_error",
        _ => "server_error",
    };

    /// <summary>The class as clients read it: <c>connection</c>, <c>network</c>, <c>timeout</c>, <c>stream</c>, …</summary>
    public string ClassName => Code.Class switch
    {
        ErrorClass.Connection => "connection",
        ErrorClass.Network => "network",
        ErrorClass.Timeout => "timeout",
        ErrorClass.Stream => "stream",
        ErrorClass.Request => "request",
        ErrorClass.Limit => "limit",
        _ => "gateway",
    };
}
