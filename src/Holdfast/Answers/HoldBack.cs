using System.Buffers;

namespace Holdfast.Answers;

/// <summary>What an upstream has said while it says nothing yet: kept back from the client as long as another candidate could
/// still answer in its place.</summary>
internal sealed class HoldBack
{
    /// <summary>No handshake is that long; one that is goes out.</summary>
    private const int Most = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);

    /// <summary>Whether more than a handshake has come.</summary>
    public bool IsFull => _bytes.WrittenCount >= Most;

    /// <summary>Whether nothing has come.</summary>
    public bool IsEmpty => _bytes.WrittenCount == 0;

    /// <summary>What has come, as the client would get it.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>More has come.</summary>
    public void Add(ReadOnlySpan<byte> frames) => _bytes.Write(frames);
}
