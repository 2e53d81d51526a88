using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>How an exchange ended.</summary>
public enum ExchangeEnd
{
    /// <summary>The answer is whole.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>The upstream answered with an error of its own, which the client got.</summary>
    [JsonStringEnumMemberName("upstream_error")]
    UpstreamError,

    /// <summary>Nothing whole came, and the client was told so by us.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The client left before its answer was whole.</summary>
    [JsonStringEnumMemberName("client_aborted")]
    ClientAborted,

    /// <summary>The request was turned away: nothing was sent upstream.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,
}

/// <summary>The words of <see cref="ExchangeEnd"/>, as they stand in records, headers, logs and metrics.</summary>
public static class ExchangeEndWords
{
    /// <summary>The word.</summary>
    public static string Word(this ExchangeEnd exchangeEnd) => exchangeEnd switch
    {
        ExchangeEnd.Completed => "completed",
        ExchangeEnd.UpstreamError => "upstream_error",
        ExchangeEnd.Failed => "failed",
        ExchangeEnd.ClientAborted => "client_aborted",
        _ => "refused",
    };
}
