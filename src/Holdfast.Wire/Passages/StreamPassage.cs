namespace Holdfast.Wire.Passages;

/// <summary>The passage of one streamed answer: frames go in as the upstream wrote them, and come out as the client gets them.
/// Used by one relay at a time.</summary>
/// <param name="untouched">What is done to an answer in which nothing is repaired.</param>
public abstract class StreamPassage(Fidelity untouched)
{
    /// <summary>What is known of what the upstream has said.</summary>
    public abstract StreamFollower Upstream { get; }

    /// <summary>What is known of what the client has been given; the same where both speak one protocol. It knows how the
    /// client's side is kept alive and ended.</summary>
    public abstract StreamFollower Client { get; }

    /// <summary>Whether anything was repaired on the way.</summary>
    public bool IsRepaired { get; private set; }

    /// <summary>What was done to the answer so far.</summary>
    public Fidelity Fidelity => IsRepaired ? Fidelity.Repaired : untouched;

    /// <summary>Looks at one whole frame of the upstream's and returns what the client gets of it: whole frames, or nothing.
    /// Valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> frame);

    /// <summary>Something of the answer is other than the upstream wrote it.</summary>
    public void MarkRepaired() => IsRepaired = true;
}

/// <summary>One protocol on both sides: a frame passes as it is, unless clients cannot take it so.</summary>
internal sealed class ExactStream(StreamFollower follower, Fidelity untouched) : StreamPassage(untouched)
{
    public override StreamFollower Upstream => follower;

    public override StreamFollower Client => follower;

    public override ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> frame)
    {
        var action = follower.Observe(frame);
        if (action == FrameAction.Relay)
        {
            return frame;
        }

        MarkRepaired();
        return action == FrameAction.Replace ? follower.Replacement : default;
    }
}
