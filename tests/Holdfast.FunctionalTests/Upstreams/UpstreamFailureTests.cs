using System.Net;
using System.Net.Sockets;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>What each fault of an upstream's socket is called.</summary>
public sealed class UpstreamFailureTests : UpstreamTestBase
{
    [Fact]
    public async Task A_refused_connection_is_dialled_again_once_and_then_called_refused()
    {
        await using var closed = RawUpstream.StartOk();
        using var upstream = Connect(closed.Url);
        await closed.DisposeAsync();

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamRefused, outcome.Failure?.Code);
        Assert.Equal(2, outcome.Trace.ConnectAttempts);
        Assert.Equal(0, outcome.Trace.LastRequestByteAt);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_a_class_of_its_own()
    {
        using var upstream = Connect(new("http://nohost.invalid:81"));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamDns, outcome.Failure?.Code);
    }

    [Fact]
    public async Task A_host_that_drops_our_packets_is_reported_within_the_connect_timeout()
    {
        using var blackhole = new Blackhole(IPAddress.Loopback);
        using var upstream = Connect(blackhole.Url, connectTimeout: TimeSpan.FromMilliseconds(300));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamConnectTimeout, outcome.Failure?.Code);
        Assert.Equal(1, outcome.Trace.ConnectAttempts);
    }

    [Fact]
    public async Task A_TLS_port_that_never_answers_the_handshake_is_a_connect_timeout()
    {
        await using var silent = RawUpstream.Start(_ => Task.CompletedTask);
        using var upstream = Connect(new($"https://127.0.0.1:{silent.Port}"), connectTimeout: TimeSpan.FromMilliseconds(300));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamConnectTimeout, outcome.Failure?.Code);
        Assert.NotNull(outcome.Trace.Connect);
    }

    public static TheoryData<string, ErrorCode> BeforeHeaders => new()
    {
        { "accept-rst", ErrorCodes.UpstreamReset },
        { "rst-after-req", ErrorCodes.UpstreamReset },
        { "fin-after-req", ErrorCodes.UpstreamHangup },
        { "half-head-fin", ErrorCodes.UpstreamHangup },
        { "half-head-rst", ErrorCodes.UpstreamReset },
        { "garbage", ErrorCodes.UpstreamProtocol },
        { "huge-head", ErrorCodes.UpstreamProtocol },
    };

    [Theory]
    [MemberData(nameof(BeforeHeaders))]
    public async Task A_fault_before_the_headers_has_its_name_and_the_request_is_sent_once(string fault, ErrorCode expected)
    {
        await using var server = RawUpstream.Start(connection => FailBeforeHeadersAsync(connection, fault));
        using var upstream = Connect(server.Url);

        var (outcome, repeated) = await ExchangeAsync(upstream);

        Assert.Same(expected, outcome.Failure?.Code);
        Assert.False(repeated);
        // A reset that beats the end of our connecting is a connection that was not set up: it may be dialled again.
        Assert.InRange(server.Connections, 1, fault == "accept-rst" ? 2 : 1);
        Assert.Equal(fault == "accept-rst" ? 0 : 1, server.Requests);
    }

    public static TheoryData<string, ErrorCode> InBody => new()
    {
        { "chunked-fin", ErrorCodes.StreamHangup },
        { "chunked-rst", ErrorCodes.StreamReset },
        { "short-length", ErrorCodes.StreamHangup },
        { "bad-chunk", ErrorCodes.StreamGarbled },
    };

    [Theory]
    [MemberData(nameof(InBody))]
    public async Task A_fault_in_the_body_is_a_loss_of_the_stream(string fault, ErrorCode expected)
    {
        await using var server = RawUpstream.Start(connection => FailInBodyAsync(connection, fault));
        using var upstream = Connect(server.Url);

        var (outcome, repeated) = await ExchangeAsync(upstream);

        Assert.Same(expected, outcome.Failure?.Code);
        Assert.False(repeated);
        Assert.True(outcome.Trace.AnyResponseByte);
    }

    private static async Task FailBeforeHeadersAsync(RawConnection connection, string fault)
    {
        if (fault == "accept-rst")
        {
            connection.Reset();
            return;
        }

        await connection.ReadRequestAsync();
        switch (fault)
        {
            case "half-head-fin" or "half-head-rst":
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-");
                break;
            case "garbage":
                await connection.WriteAsync("SSH-2.0-OpenSSH_9.2\r\n\r\n");
                break;
            case "huge-head":
                await connection.WriteAsync($"HTTP/1.1 200 OK\r\nx: {new string('x', 200_000)}\r\n\r\n");
                break;
        }

        End(connection, fault);
    }

    private static async Task FailInBodyAsync(RawConnection connection, string fault)
    {
        await connection.ReadRequestAsync();
        await connection.WriteAsync(fault == "short-length"
            ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
            : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        if (fault == "bad-chunk")
        {
            await connection.WriteAsync("not a length\r\n");
        }

        End(connection, fault);
    }

    private static void End(RawConnection connection, string fault)
    {
        if (fault.Contains("rst", StringComparison.Ordinal))
        {
            connection.Reset();
        }
        else
        {
            connection.HangUp();
        }
    }
}

/// <summary>An address whose SYN packets are dropped: a listener that accepts nothing and whose backlog is full.</summary>
internal sealed class Blackhole : IDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _fillers = [];

    public Blackhole(IPAddress address, int port = 0)
    {
        _listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(0);

        // The kernel takes one or two connections beyond the backlog before it drops.
        for (var i = 0; i < 4; i++)
        {
            var filler = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _fillers.Add(filler);
            try
            {
                filler.Connect(_listener.LocalEndPoint!);
            }
            catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
            }
        }
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public void Dispose()
    {
        _fillers.ForEach(filler => filler.Dispose());
        _listener.Dispose();
    }
}
