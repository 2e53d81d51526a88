using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Load;

/// <summary>An upstream inside this program, which so knows what happened there, and when. Owns its sockets.</summary>
internal abstract class OwnUpstream : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    protected OwnUpstream()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint Address { get; }

    public void Dispose() => _listener.Dispose();

    /// <summary>The first bytes of a request are there.</summary>
    protected abstract void NoteAsked();

    /// <summary>Answers one request; whether that ends the connection.</summary>
    protected abstract Task<bool> AnswerAsync(Socket socket);

    /// <summary>The bytes of a whole answer.</summary>
    protected static byte[] Answer(string status, string type, string body) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 {status}\r\ncontent-type: {type}\r\ncontent-length: {Encoding.ASCII.GetByteCount(body)}\r\n\r\n{body}");

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
                    NoteAsked();
                }

                count += read;
                if (!IsWhole(buffer.AsSpan(0, count)))
                {
                    continue;
                }

                count = 0;
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
}
