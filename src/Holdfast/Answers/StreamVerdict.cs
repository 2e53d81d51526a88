using Holdfast.Wire;

namespace Holdfast.Answers;

/// <summary>What a stream has come to when it ends, whoever ended it and however cleanly.</summary>
internal enum StreamVerdict
{
    /// <summary>It is whole.</summary>
    Whole,

    /// <summary>It is whole but for its closing event, which we add.</summary>
    LacksClosing,

    /// <summary>The upstream reported a failure in it.</summary>
    UpstreamFailed,

    /// <summary>Its client left before it was whole.</summary>
    ClientLeft,

    /// <summary>It broke off.</summary>
    Lost,
}

/// <summary>Judges the end of a stream. Pure.</summary>
internal static class StreamEnd
{
    /// <param name="upstream">What is known of what the upstream has said.</param>
    /// <param name="hasClientLeft">Whether it ends because its client left.</param>
    /// <param name="isLost">Whether its transfer broke off.</param>
    public static StreamVerdict Judge(StreamFollower upstream, bool hasClientLeft, bool isLost) => upstream switch
    {
        { HasFailed: true } => StreamVerdict.UpstreamFailed,
        { IsTerminal: true } => StreamVerdict.Whole,
        _ when hasClientLeft => StreamVerdict.ClientLeft,
        _ when upstream.MayEnd(cleanly: !isLost) => StreamVerdict.Whole,
        { LacksOnlyClosing: true } => StreamVerdict.LacksClosing,

        // Whoever ended it and however cleanly: without its terminal event it is lost.
        _ => StreamVerdict.Lost,
    };
}
