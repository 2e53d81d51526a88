using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Tests.Simulator;

/// <summary>How a connection ended, seen from its client.</summary>
public enum RawEnd
{
    Fin,
    Reset,
}

/// <summary>One HTTP answer as it stood on the wire.</summary>
internal sealed record RawAnswer(int Status, string Head, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Head.Split("\r\n")
        .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}

/// <summary>A client that shares no code with anything: a socket, a buffer, HTTP/1.1 by hand.</summary>
internal sealed class RawClient : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly MemoryStream _buffered = new();

    public Socket Socket => _socket;

    public static async Task<RawClient> ConnectAsync(IPEndPoint endpoint)
    {
        var client = new RawClient();
        client._socket.NoDelay = true;
        await client._socket.ConnectAsync(endpoint).WaitAsync(Deadline);
        return client;
    }

    public static string Post(string target, string body, string headers = "") =>
        $"POST {target} HTTP/1.1\r\nhost: sim\r\n{headers}content-length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public Task SendAsync(string text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text)).WaitAsync(Deadline);

    public async Task<RawAnswer> PostAsync(string target, string body, string headers = "")
    {
        await SendAsync(Post(target, body, headers));
        return await ReadAnswerAsync();
    }

    public async Task<RawAnswer> GetAsync(string target, string headers = "")
    {
        await SendAsync($"GET {target} HTTP/1.1\r\nhost: sim\r\n{headers}\r\n");
        return await ReadAnswerAsync();
    }

    /// <summary>Reads one whole answer by its framing; fails when the connection ends first.</summary>
    public async Task<RawAnswer> ReadAnswerAsync()
    {
        var head = await TakeUntilAsync("\r\n\r\n");
        var answer = new RawAnswer(int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), head, []);
        if (answer.Header("content-length") is { } length)
        {
            return answer with { Body = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture)) };
        }

        if (answer.Header("transfer-encoding") != "chunked")
        {
            return answer;
        }

        using var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse(await TakeUntilAsync("\r\n"), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await TakeAsync(size));
            Assert.Equal("", await TakeUntilAsync("\r\n"));
            if (size == 0)
            {
                return answer with { Body = body.ToArray() };
            }
        }
    }

    /// <summary>Everything that still comes, and how it ends.</summary>
    public async Task<(string Text, RawEnd End)> ReadToEndAsync()
    {
        while (true)
        {
            try
            {
                if (!await FillAsync())
                {
                    return (Encoding.UTF8.GetString(_buffered.ToArray()), RawEnd.Fin);
                }
            }
            catch (SocketException)
            {
                return (Encoding.UTF8.GetString(_buffered.ToArray()), RawEnd.Reset);
            }
        }
    }

    /// <summary>Text up to the mark, without it; the mark is taken as well.</summary>
    public async Task<string> TakeUntilAsync(string mark)
    {
        while (true)
        {
            var at = _buffered.GetBuffer().AsSpan(0, (int)_buffered.Length).IndexOf(Encoding.UTF8.GetBytes(mark));
            if (at >= 0)
            {
                var text = Encoding.UTF8.GetString(await TakeAsync(at));
                await TakeAsync(mark.Length);
                return text;
            }

            Assert.True(await FillAsync(), $"The connection ended before '{mark}'.");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]> TakeAsync(int count)
    {
        while (_buffered.Length < count)
        {
            Assert.True(await FillAsync(), $"The connection ended before {count} bytes.");
        }

        var all = _buffered.ToArray();
        _buffered.SetLength(0);
        _buffered.Write(all.AsSpan(count));
        return all[..count];
    }

    private async Task<bool> FillAsync()
    {
        var buffer = new byte[16 * 1024];
        var read = await _socket.ReceiveAsync(buffer).WaitAsync(Deadline);
        _buffered.Write(buffer.AsSpan(0, read));
        return read > 0;
    }
}
