using Holdfast.Recording.Segments;
using Holdfast.Simulator.Answers;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Recordings;

/// <summary>What happened is in the tables, once, and recording is nobody's problem but its own.</summary>
public sealed class RecordedTests : IDisposable
{
    private static readonly string[] Models =
        ["sim", "sim-rst0", "sim-rst2", "sim-fin2", "sim-eof1", "sim-err2", "sim-h529", "sim-hrst", "sim-json", "sim-tool", "{", "[]", ""];

    private readonly RecordingsFolder _recordings = new();

    public void Dispose() => _recordings.Dispose();

    /// <summary>Any number of requests, mixed as they may be, in any protocol.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task As_many_exchanges_as_there_were_requests_are_in_the_table_whatever_became_of_them(int seed)
    {
        var random = new Random(seed);
        var expected = new List<string>();
        foreach (var count in new[] { random.Next(1, 60), random.Next(1, 60) })
        {
            await using var gateway = await StartAsync();
            gateway.Upstream.Always(Answer.Choose(request => Answer.Like(request.Model ?? "sim")));
            expected.AddRange(await Task.WhenAll(Enumerable.Range(0, count).Select(_ =>
                AskAsync(gateway, Models[random.Next(Models.Length)], random.Next(4), random.Next(2) == 0))));
        }

        Assert.Equal(expected.Order(), _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges").Order());
        Assert.Equal(
            _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges WHERE error IS NOT NULL OR model_asked IS NOT NULL").Order(),
            _recordings.Ask("SELECT json_extract(attributes, '$.gateway.exchange_id') FROM ai_gateway_messages").Order());
        Assert.Equal(
            _recordings.Ask("SELECT sum(attempts) FROM ai_gateway_exchanges"), _recordings.Ask("SELECT count(*) FROM ai_gateway_attempts"));
    }

    [Fact]
    public async Task Whoever_asks_right_after_its_answer_finds_it()
    {
        await using var gateway = await StartAsync();

        var id = await AskAsync(gateway, "sim", protocol: 0, stream: true);

        await Wait.UntilAsync(() => _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges").Contains(id));
    }

    [Fact]
    public async Task Where_the_folder_cannot_be_made_exchanges_go_on_it_is_told_and_nothing_is_lost_once_it_can()
    {
        await File.WriteAllTextAsync(_recordings.Folder, "a file where the folder should be");
        await using var gateway = await StartAsync();
        gateway.Log.Expect("Recording cannot write");

        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add(await AskAsync(gateway, "sim", i % 4, stream: true));
        }

        await Wait.UntilAsync(() => StateOf(gateway).Problem is not null);
        Assert.Equal(1, await gateway.MetricAsync("holdfast_recording_refused", "exchanges"));
        Assert.Equal(20, await gateway.MetricAsync("holdfast_recording_waiting", "exchanges"));
        File.Delete(_recordings.Folder);

        await Wait.UntilAsync(() => StateOf(gateway).Durable == 20);
        Assert.Equal(0, await gateway.MetricAsync("holdfast_recording_refused", "exchanges"));
        Assert.Equal(ids.Order(), _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges").Order());
    }

    [Fact]
    public async Task Beyond_what_may_wait_lines_are_lost_and_counted_and_exchanges_go_on()
    {
        await File.WriteAllTextAsync(_recordings.Folder, "a file where the folder should be");
        await using var gateway = await StartAsync(recording => recording.MaxWaitingBytes = 5_000);
        gateway.Log.Expect("Recording cannot write");

        for (var i = 0; i < 20; i++)
        {
            await AskAsync(gateway, "sim", i % 4, stream: false);
        }

        // A record is handed in when its client has its answer.
        await Wait.UntilAsync(() => StateOf(gateway).Waiting + StateOf(gateway).Lost == 20);
        var lost = StateOf(gateway).Lost;
        Assert.True(lost > 0, "5 kB hold no 20 records");
        Assert.Equal(lost, await gateway.MetricAsync("holdfast_records_lost_total", "recording_full"));
        Assert.Equal(lost, await gateway.MetricAsync("holdfast_recording_lost_total", "exchanges"));
    }

    [Fact]
    public async Task A_folder_that_is_removed_under_it_is_made_again()
    {
        await using var gateway = await StartAsync();
        await AskAsync(gateway, "sim", 0, stream: false);
        await Wait.UntilAsync(() => StateOf(gateway).Durable == 1);

        Directory.Delete(_recordings.Folder, recursive: true);
        await AskAsync(gateway, "sim", 0, stream: false);
        await Wait.UntilAsync(() => StateOf(gateway).Durable == 2);
        var id = await AskAsync(gateway, "sim", 0, stream: false);

        await Wait.UntilAsync(() => _recordings.Ask("SELECT exchange_id FROM ai_gateway_exchanges").Contains(id));
    }

    [Fact]
    public async Task What_happens_to_connections_is_in_its_table()
    {
        await using (var gateway = await StartAsync())
        {
            await using var garbage = await gateway.ConnectAsync();
            await garbage.SendAsync("this is not HTTP\r\n\r\n");
            await garbage.ReadToEndAsync();
            await using var leaves = await gateway.ConnectAsync();
            await leaves.SendAsync("POST /v1/messages HTTP/1.1\r\nhost: x\r\n");
            await gateway.WaitForConnectionsAsync(1);
            leaves.Reset();
            await gateway.WaitForConnectionsAsync(0);
        }

        var kinds = _recordings.Ask("SELECT kind, connection IS NOT NULL FROM ai_gateway_socket_events ORDER BY 1");
        Assert.Contains("protocol_error|true", kinds);
        Assert.Contains(kinds, kind => kind.StartsWith("reset_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_recording_off_nothing_is_written()
    {
        await using (var gateway = await StartAsync(recording => recording.Enabled = false))
        {
            await AskAsync(gateway, "sim", 0, stream: true);
        }

        Assert.Empty(_recordings.Files());
    }

    private Task<TestGateway> StartAsync(Action<RecordingOptions>? configure = null) => TestGateway.StartAsync(
        options =>
        {
            options.Recording.FsyncInterval = TimeSpan.FromMilliseconds(20);
            configure?.Invoke(options.Recording);
        },
        home: _recordings.Home);

    private static SegmentState StateOf(TestGateway gateway) =>
        gateway.Services.GetRequiredService<Recorder>().States.Single(state => state.Family == "exchanges");

    private static async Task<string> AskAsync(TestGateway gateway, string model, int protocol, bool stream)
    {
        var name = SampleRequests.Protocols.ElementAt(protocol);
        var (path, body) = SampleRequests.Turn(name, model.StartsWith("sim", StringComparison.Ordinal) ? model : "sim", stream);
        await using var client = await gateway.ConnectAsync();
        var head = await client.RequestAsync("POST", path, model.StartsWith("sim", StringComparison.Ordinal) ? body : model);
        await client.ReadToEndAsync();
        return head.Header("holdfast-exchange")!;
    }
}
