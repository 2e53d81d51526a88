namespace Holdfast.Recording.Records;

/// <summary>One of the three sides of an exchange.</summary>
public enum Side
{
    /// <summary>The client.</summary>
    Client,

    /// <summary>The upstream.</summary>
    Upstream,

    /// <summary>The gateway itself.</summary>
    Gateway,
}

/// <summary>How a <see cref="Side"/> is spelled in every output.</summary>
public static class SideWords
{
    /// <summary>Its word.</summary>
    public static string Word(this Side side) => side switch
    {
        Side.Client => "client",
        Side.Upstream => "upstream",
        Side.Gateway => "gateway",
        _ => throw new ArgumentOutOfRangeException(nameof(side), side, null),
    };
}
