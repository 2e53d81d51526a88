using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Connections;

/// <summary>What the kernel knows about how far the peer of a TCP connection has got. A snapshot; Linux only.</summary>
/// <param name="UnackedSegments">Segments sent and not acknowledged.</param>
/// <param name="SinceLastAck">Time since the peer last acknowledged anything, a window probe included.</param>
/// <param name="UnsentBytes">Bytes the kernel holds and has not sent: the peer's window is full.</param>
/// <param name="Retransmissions">How often in a row it has sent the same bytes again, without an answer.</param>
/// <param name="Probes">How often in a row it has asked for a sign of life (keep-alive, full window), without an answer.</param>
/// <param name="State">As the kernel names it: 1 while both sides are open.</param>
internal readonly record struct TcpInfo(
    uint UnackedSegments, TimeSpan SinceLastAck, uint UnsentBytes, byte Retransmissions = 0, byte Probes = 0,
    byte State = TcpInfo.Established)
{
    private const byte Established = 1;
    private const int TcpLevel = 6;
    private const int TcpInfoOption = 11;

    // Offsets in struct tcp_info of linux/tcp.h, which only ever grows at its end.
    private const int StateOffset = 0;
    private const int RetransmissionsOffset = 2;
    private const int ProbesOffset = 3;
    private const int UnackedOffset = 24;
    private const int LastAckOffset = 56;
    private const int UnsentOffset = 144;
    private const int Length = UnsentOffset + sizeof(uint);

    /// <summary>Whether the peer is lost: it has closed or reset the connection, or the kernel has asked it so often in a row and
    /// got no answer: 3 times are 1.4 s where the way is short, 6 times 12.6 s. One that only reads slowly answers.</summary>
    public bool IsLost(int unanswered) => State != Established
        || (UnackedSegments > 0 && Retransmissions >= unanswered) || Probes >= Math.Min(unanswered, 3);

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
        ReadUInt32(info, UnsentOffset),
        info[RetransmissionsOffset],
        info[ProbesOffset],
        info[StateOffset]);

    private static uint ReadUInt32(ReadOnlySpan<byte> info, int offset) => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(info[offset..])
        : BinaryPrimitives.ReadUInt32BigEndian(info[offset..]);
}
