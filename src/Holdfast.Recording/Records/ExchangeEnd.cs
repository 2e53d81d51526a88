namespace Holdfast.Recording.Records;

/// <summary>How an exchange ended.</summary>
public enum ExchangeEnd
{
    /// <summary>The answer came whole, and its client was there to take it.</summary>
    Completed,

    /// <summary>The upstream answered with an error of its own, which the client got.</summary>
    UpstreamError,

    /// <summary>The client left before its answer was whole: nobody's failure.</summary>
    ClientAborted,

    /// <summary>There was no whole answer, and the client was told an error of the gateway.</summary>
    Failed,

    /// <summary>The gateway refused the request; no upstream was at fault.</summary>
    Refused,
}

/// <summary>How a <see cref="ExchangeEnd"/> is spelled in every output.</summary>
public static class ExchangeEndWords
{
    /// <summary>Its word.</summary>
    public static string Word(this ExchangeEnd end) => end switch
    {
        ExchangeEnd.Completed => "completed",
        ExchangeEnd.UpstreamError => "upstream_error",
        ExchangeEnd.ClientAborted => "client_aborted",
        ExchangeEnd.Failed => "failed",
        ExchangeEnd.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, null),
    };
}
