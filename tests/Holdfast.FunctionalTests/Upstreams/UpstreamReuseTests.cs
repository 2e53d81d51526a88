using Holdfast.FunctionalTests.Hosting;
using Holdfast.Upstreams;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>Connections are pooled, and one that died unused costs no turn.</summary>
public sealed class UpstreamReuseTests : UpstreamTestBase
{
    [Fact]
    public async Task A_hundred_requests_in_a_row_use_one_connection_and_the_trace_says_so()
    {
        await using var server = RawUpstream.StartOk();
        using var upstream = Connect(server.Url);

        var outcomes = new List<Outcome>();
        for (var i = 0; i < 100; i++)
        {
            outcomes.Add(await AttemptAsync(upstream));
        }

        Assert.Equal(1, server.Connections);
        Assert.False(outcomes[0].Trace.Reused);
        Assert.NotNull(outcomes[0].Trace.Connect);
        Assert.Equal(1, outcomes[0].Trace.ConnectAttempts);
        Assert.All(outcomes.Skip(1), outcome =>
        {
            Assert.True(outcome.Trace.Reused);
            Assert.Null(outcome.Trace.Connect);
            Assert.Equal(0, outcome.Trace.ConnectAttempts);
        });
        Assert.All(outcomes, outcome =>
        {
            Assert.NotEqual(0, outcome.Trace.LastRequestByteAt);
            Assert.True(outcome.Trace.FirstResponseByteAt >= outcome.Trace.LastRequestByteAt);
            Assert.NotNull(outcome.Trace.Remote);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reused_connection_that_dies_on_our_request_is_repeated_once_on_a_new_one(bool reset)
    {
        await using var server = RawUpstream.Start(connection => DieOnSecondAsync(connection, reset));
        using var upstream = Connect(server.Url);
        await ExchangeAsync(upstream);

        var (outcome, repeated) = await ExchangeAsync(upstream);

        Assert.True(repeated);
        Assert.Null(outcome.Failure);
        Assert.False(outcome.Trace.Reused);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task A_reused_connection_that_dies_after_a_byte_of_the_answer_is_not_repeated()
    {
        await using var server = RawUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync(RawConnection.Ok);
            await connection.ReadRequestAsync();
            await connection.WriteAsync("H");
            connection.HangUp();
        });
        using var upstream = Connect(server.Url);
        await ExchangeAsync(upstream);

        var (outcome, repeated) = await ExchangeAsync(upstream);

        Assert.False(repeated);
        Assert.True(outcome.Trace.Reused);
        Assert.Same(ErrorCodes.UpstreamHangup, outcome.Failure?.Code);
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task The_target_reaches_the_wire_byte_for_byte()
    {
        const string Target = "/v1/models/a%2Fb/../c%7e?beta=true&q=%zz&a=[1]|{}^`#x";
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = RawUpstream.Start(async connection =>
        {
            seen.TrySetResult(await connection.ReadRequestAsync() ?? "");
            await connection.WriteAsync(RawConnection.Ok);
        });
        using var upstream = Connect(server.Url);
        using var request = new UpstreamRequest(HttpMethod.Get, upstream.Target(Target));

        using var response = await upstream.SendAsync(request, CancellationToken.None).AsTask().WaitAsync(Deadline);

        Assert.StartsWith($"GET {Target} HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\n\r\n", await seen.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task The_repeat_never_takes_a_second_pooled_connection_nor_leaves_one()
    {
        await using var server = RawUpstream.StartOk();
        using var upstream = Connect(server.Url);

        await AttemptAsync(upstream, fresh: true);
        await AttemptAsync(upstream, fresh: true);

        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task Five_hundred_requests_against_an_upstream_that_closes_idle_connections_all_succeed()
    {
        // The upstream closes each idle connection after 0 to 8 ms, the client reuses it after 0 to 8 ms.
        await using var server = RawUpstream.Start(async connection =>
        {
            var random = new Random(connection.Number);
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WriteAsync(RawConnection.Ok);
                if (random.Next(2) == 0)
                {
                    await RealIdling.ForAsync(TimeSpan.FromMilliseconds(random.NextDouble() * 8));
                    connection.HangUp();
                    return;
                }
            }
        });
        using var upstream = Connect(server.Url);
        var jitter = new Random(7);
        var repeats = 0;

        for (var i = 0; i < 500; i++)
        {
            var (outcome, repeated) = await ExchangeAsync(upstream);
            Assert.Null(outcome.Failure);
            repeats += repeated ? 1 : 0;
            await RealIdling.ForAsync(TimeSpan.FromMilliseconds(jitter.NextDouble() * 8));
        }

        Assert.InRange(repeats, 1, 499);
    }

    [Fact]
    public async Task The_idle_time_an_upstream_announces_is_honoured_with_a_second_to_spare()
    {
        await using var server = RawUpstream.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        using var upstream = Connect(server.Url);

        await AttemptAsync(upstream);
        await RealIdling.ForAsync(TimeSpan.FromMilliseconds(1500));
        var outcome = await AttemptAsync(upstream);

        Assert.False(outcome.Trace.Reused);
        Assert.Equal(2, server.Connections);
    }

    private static async Task DieOnSecondAsync(RawConnection connection, bool reset)
    {
        await connection.ReadRequestAsync();
        await connection.WriteAsync(RawConnection.Ok);
        if (await connection.ReadRequestAsync() is null)
        {
            return;
        }

        if (reset)
        {
            connection.Reset();
        }
        else
        {
            connection.HangUp();
        }
    }
}
