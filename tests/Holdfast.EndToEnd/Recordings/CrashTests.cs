using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Recordings;

/// <summary>Recordings of a gateway, and of a compaction, that end where they stand.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class CrashTests
{
    private const int Kills = 50;
    private const int Clients = 8;

    /// <summary>Every record below the durable mark is there, none twice, whenever the process is killed.</summary>
    [Fact]
    public async Task Killed_fifty_times_under_load_it_has_every_record_it_called_safe()
    {
        using var home = new TemporaryHome();
        await File.WriteAllTextAsync(Path.Combine(home.Path, "holdfast.json"), """{ "recording": { "fsyncInterval": "00:00:00.1" } }""");
        var safe = 0L;
        var random = new Random(20261121);
        for (var kill = 0; kill < Kills; kill++)
        {
            safe += await KillUnderLoadAsync(home, atLeast: random.Next(1, 400));
            if (kill % 10 == 5)
            {
                await CompactAsync(home);
            }
        }

        var (rows, distinct) = await CountAsync(home);
        Assert.True(rows >= safe, $"{rows} rows of {safe} that were safe");
        Assert.Equal(rows, distinct);
        Assert.True(safe > Kills, "next to nothing was recorded");
        await CompactAsync(home);
        Assert.Equal((rows, distinct), await CountAsync(home));
    }

    [Fact]
    public async Task A_compaction_killed_at_any_point_loses_and_doubles_nothing()
    {
        using var home = new TemporaryHome();
        await KillUnderLoadAsync(home, atLeast: 2_000);
        var before = await CountAsync(home);

        for (var delay = 60; delay < 700; delay += 40)
        {
            await using var compaction = ChildProgram.Start(Repository.Holdfast, ["compact"], null, ("HOLDFAST_HOME", home.Path));
            await Task.WhenAny(compaction.ExitAsync(), Task.Delay(delay));
            await compaction.KillAsync();
            Assert.Equal(before, await CountAsync(home));
        }

        await CompactAsync(home);
        Assert.Equal(before, await CountAsync(home));
    }

    // Answers how many records were safe when it was asked last, just before the end.
    private static async Task<long> KillUnderLoadAsync(TemporaryHome home, int atLeast)
    {
        await using var gateway = await BuiltGateway.StartInAsync(home);
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(_ => AskOnAndOnAsync(gateway, over.Token)).ToList();
        var safe = 0L;
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        while (safe < atLeast)
        {
            deadline.Token.ThrowIfCancellationRequested();
            safe = await SafeAsync(home.Path, deadline.Token);
        }

        await gateway.Program.KillAsync();
        await over.CancelAsync();
        await Task.WhenAll(clients);
        return safe;
    }

    private static async Task AskOnAndOnAsync(BuiltGateway gateway, CancellationToken isOver)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        string[] models = ["sim", "sim-rst2", "sim-h529", "sim-err1", "sim-unknown"];
        for (var i = 0; !isOver.IsCancellationRequested; i++)
        {
            var (path, body) = SampleRequests.Turn("anthropic", models[i % models.Length], stream: i % 2 == 0);
            try
            {
                using var answer = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), isOver);
                await answer.Content.ReadAsByteArrayAsync(isOver);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // It was killed.
            }
        }
    }

    private static async Task<long> SafeAsync(string home, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(home, "holdfast.sock")), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        try
        {
            var status = JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync("http://holdfast/status", cancellation));
            return status.GetProperty("recording").GetProperty("writers").EnumerateArray()
                .Single(writer => writer.GetProperty("family").GetString() == "exchanges").GetProperty("durable").GetInt64();
        }
        catch (HttpRequestException)
        {
            // Its socket stands a moment after its listener.
            return 0;
        }
    }

    private static async Task CompactAsync(TemporaryHome home)
    {
        var (code, _, error) = await home.RunAsync("compact");
        Assert.Equal((0, ""), (code, error));
    }

    private static async Task<(long Rows, long Distinct)> CountAsync(TemporaryHome home)
    {
        var (code, output, error) = await home.RunAsync(
            "query", "sql", "SELECT count(*), count(DISTINCT exchange_id) FROM ai_gateway_exchanges", "--format", "csv");
        Assert.Equal((0, ""), (code, error));
        var counts = output.Split('\n')[1].Split(',').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToList();
        return (counts[0], counts[1]);
    }
}
