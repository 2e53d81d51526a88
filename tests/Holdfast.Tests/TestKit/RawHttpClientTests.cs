using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.Tests.TestKit;

public sealed class RawHttpClientTests : IDisposable
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawHttpClientTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_chunked_body_is_decoded_and_its_final_chunk_is_a_clean_end()
    {
        var (client, server) = await ConnectAsync();
        await Send(server, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + Chunked + "5;ext=1\r\nhello\r\n7\r\n, world\r\n0\r\nTrailer: 1\r\n\r\n");

        var answer = await client.ReadHeadAsync();
        var text = await client.ReadTextAsync();

        Assert.Equal((200, "hello, world", BodyEnd.CleanEnd), (answer.Status, text, client.End));
        Assert.Equal(103, Assert.Single(answer.Interim).Status);
    }

    [Fact]
    public async Task A_connection_serves_one_answer_after_the_other()
    {
        var (client, server) = await ConnectAsync();
        await Send(server, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 204 No Content\r\n\r\n" + Chunked + "3\r\ntwo\r\n0\r\n\r\n");

        var texts = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            await client.ReadHeadAsync();
            texts.Add($"{await client.ReadTextAsync()}:{client.End}");
        }

        Assert.Equal(["one:CleanEnd", ":CleanEnd", "two:CleanEnd"], texts);
        server.Close();
        Assert.Equal(ConnectionEnd.Fin, await client.WaitForCloseAsync());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", false, BodyEnd.CutEnd)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true, BodyEnd.Reset)]
    [InlineData(Chunked + "5\r\nhello\r\n", false, BodyEnd.CutEnd)]
    [InlineData(Chunked + "5\r\nhello\r\n", true, BodyEnd.Reset)]
    [InlineData(Chunked + "9\r\nhello", false, BodyEnd.CutEnd)]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n", false, BodyEnd.CutEnd)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", false, BodyEnd.UnframedEnd)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", true, BodyEnd.Reset)]
    public async Task Each_kind_of_cut_is_told_from_the_others(string sent, bool isReset, BodyEnd expected)
    {
        var (client, server) = await ConnectAsync();
        await Send(server, sent);
        await client.ReadHeadAsync();
        var first = await client.ReadPieceAsync();

        server.LingerState = new LingerOption(isReset, 0);
        server.Close();
        var rest = await client.ReadToEndAsync();

        Assert.Equal("hello", Encoding.UTF8.GetString([.. first!, .. rest]));
        Assert.Equal(expected, client.End);
    }

    [Fact]
    public async Task Events_are_read_one_by_one_as_they_come_however_they_are_split()
    {
        var (client, server) = await ConnectAsync();
        await Send(server, Chunked + "a\r\ndata: {}\n\n\r\n");
        await client.ReadHeadAsync();

        Assert.Equal("data: {}\n\n", await client.ReadEventAsync());
        await Send(server, "2\r\n: \r\n");
        await Send(server, "4\r\nx\n\n\n\r\n2\r\nda\r\n0\r\n\r\n");

        Assert.Equal(": x\n\n", await client.ReadEventAsync());
        Assert.Equal("\n", await client.ReadEventAsync());
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(("da", BodyEnd.CleanEnd), (client.PartialEvent, client.End));
    }

    [Fact]
    public async Task A_connection_that_ends_before_an_answer_is_said_so()
    {
        var (client, server) = await ConnectAsync();
        await Send(server, "HTTP/1.1 200");
        server.Close();

        var error = await Assert.ThrowsAsync<EndOfStreamException>(() => client.ReadHeadAsync());

        Assert.Contains("(Fin)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("close")]
    [InlineData("half")]
    public async Task The_client_can_leave_in_every_way(string how)
    {
        var (client, server) = await ConnectAsync();
        var isReset = how == "reset";

        Action leave = how switch { "reset" => client.Reset, "close" => client.Close, _ => client.HalfClose };
        leave();

        var received = server.ReceiveAsync(new byte[10]).WithinTestTimeout();
        if (isReset)
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => received);
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }
        else
        {
            Assert.Equal(0, await received);
        }
    }

    [Fact]
    public async Task A_request_arrives_exactly_as_told()
    {
        var (client, server) = await ConnectAsync();
        await Send(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        await client.RequestAsync("POST", "/v1/x?a=%2F", "{\"ü\":1}", ("X-A", "1"), ("X-A", "2"));

        var buffer = new byte[1_000];
        var read = await server.ReceiveAsync(buffer).WithinTestTimeout();
        Assert.Equal(
            $"POST /v1/x?a=%2F HTTP/1.1\r\nHost: {_listener.LocalEndpoint}\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 8\r\n\r\n{{\"ü\":1}}",
            Encoding.UTF8.GetString(buffer, 0, read));
    }

    private async Task<(RawHttpClient Client, Socket Server)> ConnectAsync()
    {
        var accepting = _listener.AcceptSocketAsync();
        var client = await RawHttpClient.ConnectAsync(_listener.LocalEndpoint);
        return (client, await accepting.WithinTestTimeout());
    }

    private static Task Send(Socket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text)).WithinTestTimeout();
}
