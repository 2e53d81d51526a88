using Holdfast.Wire.Errors;

namespace Holdfast.Attempts;

/// <summary>How reading an answer went on.</summary>
/// <param name="Bytes">Bytes read; 0 when the answer has ended or was lost.</param>
/// <param name="Lost">Why it was lost; null for bytes and for a clean end.</param>
/// <param name="Detail">The runtime's own words, for the record.</param>
internal readonly record struct BodyRead(int Bytes, ErrorCode? Lost = null, string? Detail = null)
{
    /// <summary>Whether the client left while we waited.</summary>
    public bool ClientGone { get; init; }
}

/// <summary>Where the bytes of an answer come from. Looks after the client while it waits. Expected failures are values. One loop
/// uses it.</summary>
internal abstract class AnswerSource
{
    /// <summary>Looking through more than this takes a noticeable part of a millisecond.</summary>
    public const int LargestReadInPlace = 128 * 1024;

    /// <summary>What to say when the source has been silent for too long.</summary>
    public ErrorCode SilenceCode { get; set; } = ErrorCodes.FirstByteTimeout;

    /// <summary>Whether it is known that the last of the answer did not arrive, although it was sent.</summary>
    public virtual bool IsUndelivered => false;

    /// <summary>Waits until there is something to read. Asks for no memory: an idle stream holds none.</summary>
    public abstract ValueTask<BodyRead> WaitAsync();

    /// <summary>Reads what is there, or waits for it.</summary>
    public abstract ValueTask<BodyRead> ReadAsync(Memory<byte> memory);

    /// <summary>The client is about to be sent the last of the answer.</summary>
    public virtual void LastGoesOut()
    {
    }
}
