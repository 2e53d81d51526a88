using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.TestKit.Sockets;

/// <summary>An HTTP/1.1 client for tests on one raw socket: sends exactly the bytes it is told to, decodes chunks by
/// hand, and knows precisely how an answer and its connection ended. Every wait has the test deadline.</summary>
public sealed class RawHttpClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly SocketReader _reader;
    private readonly string _host;
    private readonly List<byte> _partialEvent = [];
    private long _left;
    private bool _isChunked;
    private bool _isUnframed;

    private RawHttpClient(Socket socket, Stream stream, string host)
    {
        (_socket, _stream, _host) = (socket, stream, host);
        _reader = new SocketReader(stream);
    }

    /// <summary>How the current answer's body ended.</summary>
    public BodyEnd End { get; private set; }

    /// <summary>What came after the last whole event of a stream that has ended; empty as it should be.</summary>
    public string PartialEvent => Encoding.UTF8.GetString([.. _partialEvent]);

    /// <summary>Our end of the connection.</summary>
    public EndPoint? LocalEndPoint => _socket.LocalEndPoint;

    public static Task<RawHttpClient> ConnectAsync(Uri address, int? receiveBuffer = null) => ConnectAsync(
        new DnsEndPoint(address.Host, address.Port),
        isTls: address.Scheme == Uri.UriSchemeHttps, receiveBuffer);

    /// <param name="endPoint">TCP or unix socket.</param>
    /// <param name="isTls">Whether to speak TLS; any certificate will do.</param>
    /// <param name="receiveBuffer">A small one makes a client that stops reading felt early.</param>
    public static async Task<RawHttpClient> ConnectAsync(EndPoint endPoint, bool isTls = false, int? receiveBuffer = null)
    {
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.ReceiveBufferSize = receiveBuffer ?? socket.ReceiveBufferSize;
        await socket.ConnectAsync(endPoint).WithinTestTimeout();

        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (isTls)
        {
            var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync("localhost").WithinTestTimeout();
            stream = tls;
        }

        var host = endPoint switch
        {
            DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
            IPEndPoint ip => ip.ToString(),
            _ => "localhost",
        };
        return new RawHttpClient(socket, stream, host);
    }

    /// <summary>Sends exactly these bytes.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).WithinTestTimeout();

    /// <summary>Sends this text as UTF-8.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a well-formed request and reads the answer's head. A header <c>Host</c> of one's own replaces
    /// ours.</summary>
    public Task<RawAnswer> RequestAsync(string method, string path, string? body = null, params (string, string)[] headers) =>
        RequestAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    /// <summary>Sends a well-formed request with a body of bytes and reads the answer's head.</summary>
    public async Task<RawAnswer> RequestAsync(string method, string path, byte[]? body, params (string, string)[] headers)
    {
        var head = new StringBuilder($"{method} {path} HTTP/1.1\r\n");
        if (!headers.Any(header => header.Item1.Equals("host", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append(CultureInfo.InvariantCulture, $"Host: {_host}\r\n");
        }

        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (body is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        byte[] bytes = [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. body ?? []];
        await SendAsync(bytes);
        return await ReadHeadAsync(isBodyless: method == "HEAD");
    }

    /// <summary>Reads the head of the next answer; interim ones are kept with it. Throws if the connection ends before
    /// it.</summary>
    public async Task<RawAnswer> ReadHeadAsync(bool isBodyless = false)
    {
        var interim = new List<RawAnswer>();
        while (true)
        {
            var text = await _reader.TakeThroughAsync("\r\n\r\n")
                ?? throw new EndOfStreamException(
                    $"The connection ended ({_reader.End}) before an answer's head; {_reader.Arrived.Length} bytes of it came.");
            var answer = RawAnswer.Parse(Encoding.Latin1.GetString(text), interim);
            if (answer.Status is >= 200 or 101)
            {
                BeginBody(answer, isBodyless);
                return answer;
            }

            interim.Add(answer);
        }
    }

    /// <summary>Reads the head of one interim answer, for a client that waits for it before it goes on.</summary>
    public async Task<RawAnswer> ReadInterimAsync()
    {
        var text = await _reader.TakeThroughAsync("\r\n\r\n")
            ?? throw new EndOfStreamException($"The connection ended ({_reader.End}) before an interim answer.");
        return RawAnswer.Parse(Encoding.Latin1.GetString(text), []);
    }

    /// <summary>Reads the next piece of the body, chunks decoded. Null when it has ended: then see
    /// <see cref="End"/>.</summary>
    public async Task<byte[]?> ReadPieceAsync()
    {
        if (End == BodyEnd.None && _isChunked && _left == 0)
        {
            await ReadChunkHeadAsync();
        }

        if (End != BodyEnd.None)
        {
            return null;
        }

        if (_reader.Arrived.Length == 0 && !await _reader.FillAsync())
        {
            return Cut();
        }

        var piece = _reader.Take((int)Math.Min(_isUnframed ? int.MaxValue : _left, _reader.Arrived.Length));
        _left -= _isUnframed ? 0 : piece.Length;
        if (_left == 0 && !_isUnframed)
        {
            await EndOfPartAsync();
        }

        return piece;
    }

    /// <summary>Reads the rest of the body.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var body = new List<byte>(_partialEvent);
        _partialEvent.Clear();
        while (await ReadPieceAsync() is { } piece)
        {
            body.AddRange(piece);
        }

        return [.. body];
    }

    /// <summary>Reads the rest of the body as text.</summary>
    public async Task<string> ReadTextAsync() => Encoding.UTF8.GetString(await ReadToEndAsync());

    /// <summary>Reads the next whole server-sent event, comment or lone blank line, with its blank line, exactly as
    /// sent. Null when the body has ended: then <see cref="PartialEvent"/> must be empty.</summary>
    public async Task<string?> ReadEventAsync()
    {
        while (true)
        {
            var length = EventLength(_partialEvent);
            if (length > 0)
            {
                var text = Encoding.UTF8.GetString([.. _partialEvent.Take(length)]);
                _partialEvent.RemoveRange(0, length);
                return text;
            }

            if (await ReadPieceAsync() is not { } piece)
            {
                return null;
            }

            _partialEvent.AddRange(piece);
        }
    }

    /// <summary>Waits until the other side closes an idle connection. Throws if bytes come instead.</summary>
    public async Task<ConnectionEnd> WaitForCloseAsync()
    {
        if (_reader.Arrived.Length > 0 || await _reader.FillAsync())
        {
            throw new InvalidOperationException($"Bytes came instead of the end: {Encoding.UTF8.GetString(_reader.Arrived.Span)}");
        }

        return _reader.End ?? throw new InvalidOperationException("The connection is open.");
    }

    /// <summary>Takes whatever still comes and waits until the other side closes.</summary>
    public async Task<ConnectionEnd> WaitForEndAsync()
    {
        while (await _reader.FillAsync())
        {
            _reader.Take(_reader.Arrived.Length);
        }

        return _reader.End ?? throw new InvalidOperationException("The connection is open.");
    }

    /// <summary>Whether the other side has closed the connection by now; does not wait and takes no byte.</summary>
    public bool IsClosedByPeer() =>
        _reader.End is not null || (_socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0);

    /// <summary>Sends FIN and keeps reading.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with FIN (the kernel makes it RST when unread bytes have arrived).</summary>
    public void Close() => _socket.Close();

    /// <summary>Vanishes without a word: from now on the kernel drops whatever comes, and answers nothing. Linux only.</summary>
    public void Vanish()
    {
        const int socketLevel = 1, attachFilter = 26;

        // struct sock_fprog and struct sock_filter of linux/filter.h: one instruction, "return 0", drops every packet.
        byte[] dropAll = [6, 0, 0, 0, 0, 0, 0, 0];
        var program = new byte[2 * sizeof(long)];
        program[0] = 1;
        var pinned = GCHandle.Alloc(dropAll, GCHandleType.Pinned);
        BitConverter.TryWriteBytes(program.AsSpan(sizeof(long)), pinned.AddrOfPinnedObject());
        _socket.SetRawSocketOption(socketLevel, attachFilter, program);
        pinned.Free();
    }

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void BeginBody(RawAnswer answer, bool isBodyless)
    {
        _partialEvent.Clear();
        var length = answer.Header("content-length");
        _isChunked = answer.Header("transfer-encoding")?.EndsWith("chunked", StringComparison.OrdinalIgnoreCase) == true;
        _isUnframed = !_isChunked && length is null;
        _left = _isChunked || length is null ? 0 : long.Parse(length, CultureInfo.InvariantCulture);
        var isEmpty = isBodyless || answer.Status is 204 or 304 || (!_isChunked && !_isUnframed && _left == 0);
        End = isEmpty ? BodyEnd.CleanEnd : BodyEnd.None;
    }

    private async Task ReadChunkHeadAsync()
    {
        if (await _reader.TakeThroughAsync("\r\n") is not { } line)
        {
            Cut();
            return;
        }

        var size = Encoding.ASCII.GetString(line).Split(';')[0].Trim();
        _left = long.Parse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (_left > 0)
        {
            return;
        }

        // The last chunk: trailers, if any, then a blank line.
        while (await _reader.TakeThroughAsync("\r\n") is { } trailer)
        {
            if (trailer.Length == 2)
            {
                End = BodyEnd.CleanEnd;
                return;
            }
        }

        Cut();
    }

    // A chunk's last byte is followed by its line end; a content length's by nothing.
    private async Task EndOfPartAsync()
    {
        if (!_isChunked)
        {
            End = BodyEnd.CleanEnd;
        }
        else if (await _reader.TakeThroughAsync("\r\n") is { } lineEnd)
        {
            if (lineEnd.Length != 2)
            {
                throw new FormatException("A chunk is longer than its head said.");
            }
        }
        else
        {
            Cut();
        }
    }

    private byte[]? Cut()
    {
        End = _reader.End == ConnectionEnd.Reset ? BodyEnd.Reset : _isUnframed ? BodyEnd.UnframedEnd : BodyEnd.CutEnd;
        return null;
    }

    // The length of the first event, up to the end of its blank line; 0 when it is not whole yet.
    private static int EventLength(List<byte> bytes)
    {
        var isLineEmpty = true;
        for (var at = 0; at < bytes.Count; at++)
        {
            if (bytes[at] is not ((byte)'\r' or (byte)'\n'))
            {
                isLineEmpty = false;
                continue;
            }

            at += bytes[at] == '\r' && at + 1 < bytes.Count && bytes[at + 1] == '\n' ? 1 : 0;
            if (isLineEmpty)
            {
                return at + 1;
            }

            isLineEmpty = true;
        }

        return 0;
    }
}
