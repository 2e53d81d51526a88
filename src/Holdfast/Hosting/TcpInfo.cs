using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Hosting;

/// <summary>What the kernel knows about how far the peer of a TCP connection has got. A snapshot; Linux only.</summary>
/// <param name="UnackedSegments">Segments sent and not acknowledged.</param>
/// <param name="SinceLastAck">Time since the peer last acknowledged anything, a window probe included.</param>
/// <param name="UnsentBytes">Bytes the kernel holds and has not sent: the peer's window is full.</param>
internal readonly record struct TcpInfo(uint UnackedSegments, TimeSpan SinceLastAck, uint UnsentBytes)
{
    private const int TcpLevel = 6;
    private const int TcpInfoOption = 11;

    // Offsets in struct tcp_info of linux/tcp.h, which only ever grows at its end.
    private const int UnackedOffset = 24;
    private const int LastAckOffset = 56;
    private const int UnsentOffset = 144;
    private const int Length = UnsentOffset + sizeof(uint);

    /// <summary>Asks the kernel. Null where it does not know: another platform, a closed or a unix socket.</summary>
    public static TcpInfo? Of(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[Length];
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfoOption, info) < Length ? null : Parse(info);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Whether the peer has acknowledged everything we ever sent.</summary>
    public static bool HasSentAll(Socket socket) => Of(socket) is { UnackedSegments: 0, UnsentBytes: 0 };

    private static TcpInfo Parse(ReadOnlySpan<byte> info) => new(
        ReadUInt32(info, UnackedOffset),
        TimeSpan.FromMilliseconds(ReadUInt32(info, LastAckOffset)),
        ReadUInt32(info, UnsentOffset));

    private static uint ReadUInt32(ReadOnlySpan<byte> info, int offset) => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(info[offset..])
        : BinaryPrimitives.ReadUInt32BigEndian(info[offset..]);
}
