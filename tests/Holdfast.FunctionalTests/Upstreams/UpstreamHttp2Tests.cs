using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>HTTP/2 towards an upstream is a setting, and its ways to fail have the same names.</summary>
public sealed class UpstreamHttp2Tests(TestCertificates certificates) : UpstreamTestBase, IClassFixture<TestCertificates>
{
    private const byte Data = 0, Headers = 1, RstStream = 3, Settings = 4, GoAway = 7;
    private const byte EndStream = 1, EndHeaders = 4;
    private const byte Status200 = 0x88; // HPACK: entry 8 of the static table.

    [Fact]
    public async Task Requests_share_a_connection_where_TLS_offers_HTTP2_and_the_setting_is_on()
    {
        await using var server = Start(async (stream, id) =>
        {
            await WriteAsync(stream, Headers, EndHeaders, id, [Status200]);
            await WriteAsync(stream, Data, EndStream, id, "ok"u8.ToArray());
        });
        using var upstream = ConnectHttp2(server);

        var first = await AttemptAsync(upstream);
        var second = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.True(first.Trace.Http2);
        Assert.False(first.Trace.Reused);
        Assert.NotNull(first.Trace.Tls);
        Assert.True(second.Trace.Reused);
        Assert.True(second.Trace.AnyResponseByte);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task An_upstream_that_does_not_offer_HTTP2_is_spoken_to_in_HTTP11()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        using var upstream = ConnectHttp2(server);

        await AttemptAsync(upstream);
        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
        Assert.False(outcome.Trace.Http2);
        Assert.True(outcome.Trace.Reused);
    }

    public static TheoryData<string, bool, ErrorCode> Faults => new()
    {
        { "rst-stream", false, ErrorCodes.UpstreamReset },
        { "rst-stream", true, ErrorCodes.StreamReset },
        { "goaway", false, ErrorCodes.UpstreamHangup },
        { "goaway", true, ErrorCodes.StreamHangup },
        { "fin", false, ErrorCodes.UpstreamHangup },
        { "fin", true, ErrorCodes.StreamHangup },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Its_faults_have_the_names_of_HTTP11(string fault, bool inBody, ErrorCode expected)
    {
        await using var server = Start(async (stream, id) =>
        {
            if (inBody)
            {
                await WriteAsync(stream, Headers, EndHeaders, id, [Status200]);
                await WriteAsync(stream, Data, 0, id, "ok"u8.ToArray());
            }

            await FailAsync(stream, id, fault);
        });
        using var upstream = ConnectHttp2(server);

        var (outcome, repeated) = await ExchangeAsync(upstream);

        Assert.Same(expected, outcome.Failure?.Code);
        Assert.False(repeated);
        Assert.Equal(1, server.Connections);
    }

    private Holdfast.Upstreams.Upstream ConnectHttp2(RawUpstream server) => Connect(server.Url, options =>
    {
        options.Http2 = true;
        options.CaFile = certificates.RootFile;
    });

    /// <summary>Speaks just enough HTTP/2: settings, then one answer for every request's end.</summary>
    private RawUpstream Start(Func<Stream, int, Task> answerAsync)
    {
        var tls = certificates.Server();
        tls.ApplicationProtocols = [SslApplicationProtocol.Http2];
        return RawUpstream.Start(
            async connection =>
            {
                var stream = connection.Stream;
                await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length]);
                await WriteAsync(stream, Settings, 0, 0, []);
                while (true)
                {
                    var (type, flags, id) = await ReadAsync(stream);
                    if (type == Settings && flags == 0)
                    {
                        await WriteAsync(stream, Settings, 1, 0, []);
                    }
                    else if (type is Data or Headers && (flags & EndStream) != 0)
                    {
                        await answerAsync(stream, id);
                    }
                }
            },
            tls);
    }

    private static async Task FailAsync(Stream stream, int id, string fault)
    {
        const int InternalError = 2;
        var code = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(code, InternalError);
        switch (fault)
        {
            case "rst-stream":
                await WriteAsync(stream, RstStream, 0, id, code);
                break;
            case "goaway":
                // It covers our stream: the request may have been processed.
                var last = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(last, id);
                await WriteAsync(stream, GoAway, 0, 0, [.. last, .. code]);
                await stream.DisposeAsync();
                break;
            default:
                await stream.DisposeAsync();
                break;
        }
    }

    private static async Task WriteAsync(Stream stream, byte type, byte flags, int id, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        await stream.WriteAsync(frame);
        await stream.FlushAsync();
    }

    private static async Task<(byte Type, byte Flags, int Id)> ReadAsync(Stream stream)
    {
        var head = new byte[9];
        await stream.ReadExactlyAsync(head);
        await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]]);
        return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)));
    }
}
