using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Load;

/// <summary>An upstream inside this program that fails each request in another way, or answers it well, and knows to the
/// microsecond when it was asked and when it answered. Owns its sockets.</summary>
internal sealed class FailingUpstream : IDisposable
{
    private static readonly byte[] Overloaded = Answer("529 Overloaded", "application/json",
        """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""");

    private static readonly byte[] Broken = Answer("500 Internal Server Error", "application/json",
        """{"type":"error","error":{"type":"api_error","message":"Internal server error"}}""");

    private static readonly byte[] ErrorEvent = Answer("200 OK", "text/event-stream",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"bench\"}}\n\n"
        + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");

    private static readonly byte[] Well = Answer("200 OK", "text/event-stream",
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"bench\"}}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
        + "\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n"
        + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private int _asked;
    private long _lastAsked;
    private long _lastAnswered;

    public FailingUpstream()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint Address { get; }

    /// <summary>Whether it answers well.</summary>
    public bool IsWell { get; init; }

    /// <summary>When the first byte of the last request was there.</summary>
    public long LastAsked => Volatile.Read(ref _lastAsked);

    /// <summary>When the last answer, or failure, began.</summary>
    public long LastAnswered => Volatile.Read(ref _lastAnswered);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync();
                _ = ServeAsync(connection);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The end of the measure.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        connection.NoDelay = true;
        using var socket = connection;
        var buffer = new byte[16 * 1024];
        var count = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(count)) is > 0 and var read)
            {
                if (count == 0)
                {
                    Volatile.Write(ref _lastAsked, Stopwatch.GetTimestamp());
                }

                count += read;
                if (!IsWhole(buffer.AsSpan(0, count)))
                {
                    continue;
                }

                count = 0;
                Volatile.Write(ref _lastAnswered, Stopwatch.GetTimestamp());
                if (await AnswerAsync(socket))
                {
                    return;
                }
            }
        }
        catch (SocketException)
        {
            // Its other side is gone.
        }
    }

    private async Task<bool> AnswerAsync(Socket socket)
    {
        var kind = IsWell ? -1 : _asked++ % 4;
        if (kind == 3)
        {
            socket.LingerState = new LingerOption(true, 0);
            return true;
        }

        await socket.SendAsync(kind switch
        {
            0 => Overloaded,
            1 => Broken,
            2 => ErrorEvent,
            _ => Well,
        });
        return false;
    }

    private static bool IsWhole(ReadOnlySpan<byte> request)
    {
        if (request.StartsWith("GET"u8))
        {
            return request.EndsWith("\r\n\r\n"u8);
        }

        var head = request.IndexOf("\r\n\r\n"u8);
        var length = Encoding.ASCII.GetString(request).IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        if (head < 0 || length < 0)
        {
            return false;
        }

        var text = Encoding.ASCII.GetString(request[(length + 15)..]);
        return request.Length - head - 4 >= int.Parse(text[..text.IndexOf('\r', StringComparison.Ordinal)],
            System.Globalization.CultureInfo.InvariantCulture);
    }

    private static byte[] Answer(string status, string type, string body) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 {status}\r\ncontent-type: {type}\r\ncontent-length: {Encoding.ASCII.GetByteCount(body)}\r\n\r\n{body}");
}
