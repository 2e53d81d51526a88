using System.Text;
using Holdfast.Configuration;
using Holdfast.FunctionalTests.Upstreams;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Whatever becomes of a request while its body is being sent, and whenever its upstream reads on: what it receives is
/// the beginning of that very request. The pool of the tests overwrites what is given back too early, and other requests use
/// the memory again beside it.</summary>
public sealed class RequestMemoryTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    private const int Clients = 4;
    private const string Opening = """{"model":"test","max_tokens":64,"stream":true,"messages":[{"role":"user","content":" """;

    public enum Fate
    {
        /// <summary>The upstream answers all of it at once, and reads on when the exchange is over.</summary>
        AnsweredEarly,

        /// <summary>The same, for a client that asks whether to send its body.</summary>
        AnsweredEarlyAfterContinue,

        /// <summary>The same, with another model's name in the body.</summary>
        AnsweredEarlyByAnotherModel,

        /// <summary>The upstream refuses at once, and the next candidate answers.</summary>
        RefusedEarly,

        /// <summary>The upstream says nothing in time, and the next candidate answers.</summary>
        TimedOut,

        /// <summary>The client leaves before the upstream says anything.</summary>
        LeftBefore,

        /// <summary>The client leaves in the middle of an answer that came early.</summary>
        LeftDuring,
    }

    public static TheoryData<Fate> Fates => [.. Enum.GetValues<Fate>()];

    [Theory]
    [MemberData(nameof(Fates))]
    public async Task An_upstream_that_opens_its_window_late_receives_its_own_request_only(Fate fate)
    {
        await using var upstream = SimulatedHttp2Upstream.Start(certificates.ServerCertificate);
        (upstream.Window, upstream.MostEvents) = (new Gate(), fate == Fate.LeftDuring ? 5 : int.MaxValue);
        upstream.Gate = fate is Fate.TimedOut or Fate.LeftBefore ? new Gate() : null;
        upstream.Status = fate == Fate.RefusedEarly ? 529 : 200;
        var time = new ManualTime();
        await using var chain = await StartAsync(time, upstream.BaseUrl, options =>
        {
            (options.Upstreams["anthropic"].Http2, options.Upstreams["anthropic"].CaFile) = (true, certificates.RootFile);
            options.Routes[0].Candidates[0].Model = fate == Fate.AnsweredEarlyByAnotherModel ? "another" : null;
        });

        await MeetAsync(chain, time, fate, () => upstream.RequestCount, length: 1_500_000);
        var second = MeetAsync(chain, time, fate, () => upstream.RequestCount, length: 1_500_000);
        upstream.Window.Open();
        await second;
        await UntilAsync(() => upstream.EndedBodies == upstream.Bodies.Count);

        Assert.NotEmpty(upstream.Bodies);
        Assert.All(upstream.Bodies, body => AssertIsBeginning(body, 1_500_000, fate));
        Assert.All(chain.Second.Requests, request => AssertIsBeginning(request.Body.ToArray(), 1_500_000, fate));
        Assert.True(fate > Fate.RefusedEarly || upstream.Bodies.All(body => body.Length >= 1_500_000));
    }

    [Theory]
    [InlineData(Fate.AnsweredEarly)]
    [InlineData(Fate.RefusedEarly)]
    [InlineData(Fate.TimedOut)]
    [InlineData(Fate.LeftBefore)]
    public async Task An_upstream_that_empties_its_socket_late_receives_its_own_request_only(Fate fate)
    {
        const int Length = 8_000_000;
        var (gate, bodies, ended, begun) = (new TaskCompletionSource(), new List<MemoryStream>(), 0, 0);
        await using var upstream = RawUpstream.Start(async connection =>
        {
            var body = new MemoryStream();
            try
            {
                connection.Socket.ReceiveBufferSize = 64 * 1024;
                var expected = await ReadHeadAsync(connection.Stream, body);
                lock (bodies)
                {
                    bodies.Add(body);
                }

                if (fate is Fate.AnsweredEarly or Fate.RefusedEarly)
                {
                    await connection.WriteAsync(fate == Fate.RefusedEarly
                        ? "HTTP/1.1 529 Overloaded\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                        : "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                }

                Interlocked.Increment(ref begun);
                await gate.Task;
                await ReadBodyAsync(connection.Stream, body, expected);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        });
        var time = new ManualTime();
        await using var chain = await StartAsync(time, upstream.Url, _ => { });

        if (fate is Fate.TimedOut or Fate.LeftBefore)
        {
            await MeetAsync(chain, time, fate, () => begun, Length);
        }

        var second = MeetAsync(chain, time, fate, () => begun, Length);
        await UntilAsync(() => begun >= Clients);
        gate.SetResult();
        await second;
        await UntilAsync(() => ended >= bodies.Count);

        Assert.All(bodies, body => AssertIsBeginning(body.ToArray(), Length, fate));
        Assert.All(chain.Second.Requests, request => AssertIsBeginning(request.Body.ToArray(), Length, fate));
    }

    [Fact]
    public async Task A_request_that_is_repeated_because_its_connection_had_died_is_the_same_both_times()
    {
        const int Length = 8_000_000;
        var bodies = new List<MemoryStream>();
        await using var upstream = RawUpstream.Start(async connection =>
        {
            for (var number = 1; ; number++)
            {
                var body = new MemoryStream();
                var expected = await ReadHeadAsync(connection.Stream, body);
                lock (bodies)
                {
                    bodies.Add(body);
                }

                if (number == 2)
                {
                    // It dies with a part of the second request, and before a byte of its answer.
                    connection.Reset();
                    return;
                }

                await ReadBodyAsync(connection.Stream, body, expected);
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using var chain = await StartAsync(new ManualTime(), upstream.Url, _ => { });
        await using var client = await chain.ConnectAsync();

        for (var i = 0; i < 4; i++)
        {
            await client.RequestAsync("POST", "/v1/messages", BodyOf(i, Length));
            Assert.Equal("ok", await client.ReadTextAsync());
        }

        Assert.True(bodies.Count > 4);
        Assert.All(bodies, body => AssertIsBeginning(body.ToArray(), Length, Fate.AnsweredEarly));
    }

    private static Task<ChainGateway> StartAsync(ManualTime time, Uri first, Action<HoldfastOptions> configure) =>
        ChainGateway.StartAsync(
            configure: options =>
            {
                options.Failover.Retries = 0;
                options.Timeouts.FirstByte = TimeSpan.FromSeconds(60);
                options.Timeouts.Request = TimeSpan.FromSeconds(60);
                configure(options);
            },
            time: time, firstAddress: first);

    /// <summary>Several clients ask at once, each for something else, and meet their fate; returns when nothing of the gateway
    /// minds them any more.</summary>
    private static async Task MeetAsync(ChainGateway chain, ManualTime time, Fate fate, Func<int> begun, int length)
    {
        var before = begun();
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => chain.ConnectAsync()));
        var asking = Enumerable.Range(0, Clients).Select(i => AskAsync(clients[i], BodyOf(i, length), fate)).ToList();
        if (fate is Fate.TimedOut)
        {
            await UntilAsync(() => begun() >= before + Clients || asking.All(one => one.IsCompleted));
            time.Advance(TimeSpan.FromSeconds(61));
        }
        else if (fate is Fate.LeftBefore)
        {
            await UntilAsync(() => begun() >= before + Clients);
            clients.ToList().ForEach(client => client.Reset());
        }

        if (fate is not Fate.LeftBefore)
        {
            await Task.WhenAll(asking).WithinTestTimeout();
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await chain.Gateway.WaitForOpenExchangesAsync(0);
    }

    private static async Task AskAsync(RawHttpClient client, byte[] body, Fate fate)
    {
        try
        {
            await SendAsync(client, body, fate);
            await (fate == Fate.LeftDuring ? (Task)client.ReadEventAsync() : client.ReadTextAsync());
        }
        catch (Exception e) when (fate == Fate.LeftBefore && e is IOException or ObjectDisposedException)
        {
            // It has left.
        }
    }

    private static async Task SendAsync(RawHttpClient client, byte[] body, Fate fate)
    {
        if (fate != Fate.AnsweredEarlyAfterContinue)
        {
            await client.RequestAsync("POST", "/v1/messages", body);
            return;
        }

        await client.SendAsync($"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n");
        await client.ReadInterimAsync();
        await client.SendAsync(body);
        await client.ReadHeadAsync();
    }

    private static byte[] BodyOf(int client, int length, string model = "test") => Encoding.ASCII.GetBytes(
        Opening.Replace("test", model, StringComparison.Ordinal) + new string((char)('a' + client), length) + "\"}]}");

    /// <summary>Which request it is stands behind the opening.</summary>
    private static void AssertIsBeginning(byte[] received, int length, Fate fate)
    {
        var model = received.AsSpan().IndexOf("\"another\""u8) >= 0 && fate == Fate.AnsweredEarlyByAnotherModel ? "another" : "test";
        var marker = received.Length > Opening.Length + 3 ? received[Opening.Length + 3] - 'a' : 0;

        Assert.InRange(marker, 0, Clients - 1);
        var sent = BodyOf(marker, length, model);
        var same = received.AsSpan().CommonPrefixLength(sent);
        if (same < received.Length)
        {
            Assert.Fail($"{received.Length} bytes came, and from {same} on they are not its request's: {received[same]:x2} …");
        }
    }

    /// <summary>Reads a request's head, and what of the body comes with it; how long the body is.</summary>
    private static async Task<int> ReadHeadAsync(Stream stream, MemoryStream body)
    {
        var (buffer, text) = (new byte[4096], "");
        int end;
        while ((end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            var count = await stream.ReadAsync(buffer);
            text += count > 0 ? Encoding.Latin1.GetString(buffer, 0, count) : throw new EndOfStreamException();
        }

        body.Write(Encoding.Latin1.GetBytes(text[(end + 4)..]));
        var length = text.Split("\r\n").First(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        return int.Parse(length.Split(':')[1].Trim());
    }

    /// <summary>Reads the rest of a body, or as much of it as comes.</summary>
    private static async Task ReadBodyAsync(Stream stream, MemoryStream body, int expected)
    {
        var buffer = new byte[64 * 1024];
        while (body.Length < expected && await stream.ReadAsync(buffer) is > 0 and var count)
        {
            body.Write(buffer, 0, count);
        }
    }

    // Neither tells when it changes.
    private static async Task UntilAsync(Func<bool> isMet)
    {
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        while (!isMet())
        {
            await Task.Delay(5, deadline.Token);
        }
    }
}
