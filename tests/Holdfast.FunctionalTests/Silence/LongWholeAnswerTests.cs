using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A whole answer that takes long. Clients known to take them get an interim answer each
/// <c>keepAliveAfter</c>; nobody's status or JSON is ever touched.</summary>
public sealed class LongWholeAnswerTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    [Theory]
    [InlineData("User-Agent: node\r\n")]
    [InlineData("User-Agent: undici\r\n")]
    [InlineData("User-Agent: Bun/1.4.5\r\n")]
    [InlineData("User-Agent: curl/8.14.1\r\n")]
    [InlineData("User-Agent: claude-cli/2.1.329 (external, cli)\r\n")]
    [InlineData("User-Agent: OpenAI/2.15.0 (.NET 10.0.12; Debian)\r\n")]
    [InlineData("User-Agent: Anthropic/JS 1.11.0\r\nX-Stainless-Runtime: node\r\n")]
    public async Task A_client_that_takes_them_gets_an_interim_answer_each_keepAliveAfter(string headers)
    {
        var (head, body) = await WaitAsync("anthropic", headers, Answer.Ok());

        Assert.Equal([103, 103, 103, 103, 103], head.Interim.Select(interim => interim.Status));
        Assert.All(head.Interim, interim => Assert.Equal("HTTP/1.1 103 Early Hints\r\n\r\n", interim.Text));
        Assert.Equal((200, "exact"), (head.Status, head.Header("holdfast-fidelity")));
        Assert.Equal(await DirectAsync("anthropic", Answer.Ok()), body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("User-Agent: python-httpx/0.28.1\r\n")]
    [InlineData("User-Agent: Python-urllib/3.13\r\n")]
    [InlineData("User-Agent: Anthropic/Python 0.80.0\r\nX-Stainless-Runtime: CPython\r\n")]
    [InlineData("User-Agent: codex_exec/0.169.0\r\n")]
    [InlineData("User-Agent: node\r\nX-Forwarded-For: 192.0.2.7\r\n")]
    [InlineData("User-Agent: node\r\nVia: 1.1 proxy\r\n")]
    public async Task Any_other_client_gets_none(string headers)
    {
        var (head, body) = await WaitAsync("anthropic", headers, Answer.Ok());

        Assert.Empty(head.Interim);
        Assert.Equal(200, head.Status);
        Assert.Equal(await DirectAsync("anthropic", Answer.Ok()), body);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_error_that_comes_late_keeps_its_status_and_its_body(string protocol)
    {
        var (head, body) = await WaitAsync(protocol, "User-Agent: node\r\n", Answer.Error(429));

        Assert.Equal((5, 429), (head.Interim.Count, head.Status));
        Assert.Equal(await DirectAsync(protocol, Answer.Error(429)), body);
    }

    /// <summary>Interim answers go on while the body is on its way: it is held until it is whole.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_body_that_comes_in_pieces_is_not_mixed_with_interim_answers(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        var gate = new Gate();
        var whole = await DirectAsync(protocol, Answer.Ok());
        gateway.Upstream.Script(Answer.Json(whole).Chunked().Split(200).GateAfter(1, gate));
        await using var client = await gateway.ConnectAsync();
        await SendAsync(client, protocol, "User-Agent: node\r\n");
        await gate.ReachedAsync().WithinTestTimeout();

        for (var i = 0; i < 3; i++)
        {
            await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
            time.Advance(SilentStream.KeepAlive);
        }

        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        gate.Open();
        var head = await client.ReadHeadAsync();
        Assert.Equal((3, 200), (head.Interim.Count, head.Status));
        Assert.Equal(whole, await client.ReadTextAsync());
    }

    /// <summary>The connection serves the next request as if nothing had been.</summary>
    [Fact]
    public async Task A_connection_that_had_interim_answers_serves_the_next_request()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time, new() { OtherModels = "sim", TimeProvider = time });
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromSeconds(10)), Answer.Ok(), Answer.Ok());
        await using var client = await gateway.ConnectAsync();
        await SendAsync(client, "openai-chat", "User-Agent: node\r\n");
        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(10));
        time.Advance(SilentStream.KeepAlive);
        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        time.Advance(TimeSpan.FromSeconds(10) - SilentStream.KeepAlive);
        Assert.Single((await client.ReadHeadAsync()).Interim);
        await client.ReadToEndAsync();

        await SendAsync(client, "openai-chat", "User-Agent: node\r\n");
        var second = await client.ReadHeadAsync();
        await client.ReadToEndAsync();
        var third = await client.BeginTurnAsync("openai-chat");

        Assert.Equal((200, 0, 200), (second.Status, second.Interim.Count, third.Status));
        Assert.EndsWith("data: [DONE]\n\n", await client.ReadTextAsync(), StringComparison.Ordinal);
    }

    /// <summary>Five keepalive periods of waiting, then the answer.</summary>
    private static async Task<(RawAnswer Head, string Body)> WaitAsync(string protocol, string headers, Answer answer)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            SilentStream.Clocks, time, new SimulatorOptions { OtherModels = "sim", TimeProvider = time });
        var delay = TimeSpan.FromSeconds(40);
        gateway.Upstream.Script(answer.DelayHeaders(delay));
        await using var client = await gateway.ConnectAsync();
        await SendAsync(client, protocol, headers);
        await time.WaitForTimerDueInAsync(delay);

        for (var i = 0; i < 5; i++)
        {
            await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
            time.Advance(SilentStream.KeepAlive);
        }

        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        time.Advance(delay - time.Elapsed);
        return (await client.ReadHeadAsync(), await client.ReadTextAsync());
    }

    private static async Task<string> DirectAsync(string protocol, Answer answer)
    {
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        upstream.Script(answer);
        await using var client = await RawHttpClient.ConnectAsync(upstream.BaseUrl);
        await SendAsync(client, protocol, "");
        await client.ReadHeadAsync();
        return await client.ReadTextAsync();
    }

    private static Task SendAsync(RawHttpClient client, string protocol, string headers)
    {
        var (path, body) = SampleRequests.Turn(protocol, stream: false);
        return client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }
}
