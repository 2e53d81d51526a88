using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>On whose side something lies.</summary>
public enum Side
{
    /// <summary>The client.</summary>
    [JsonStringEnumMemberName("client")]
    Client,

    /// <summary>The upstream.</summary>
    [JsonStringEnumMemberName("upstream")]
    Upstream,

    /// <summary>Ourselves.</summary>
    [JsonStringEnumMemberName("gateway")]
    Gateway,
}

/// <summary>The words of <see cref="Side"/>, as they stand in records, headers, logs and metrics.</summary>
public static class SideWords
{
    /// <summary>The word.</summary>
    public static string Word(this Side side) => side switch
    {
        Side.Client => "client",
        Side.Upstream => "upstream",
        _ => "gateway",
    };
}
