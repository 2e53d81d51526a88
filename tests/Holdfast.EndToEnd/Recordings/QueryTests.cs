using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Recordings;

/// <summary>What a user types to learn what went through the gateway.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class QueryTests
{
    [Fact]
    public async Task Before_anything_is_recorded_every_question_has_an_answer()
    {
        using var home = new TemporaryHome();

        var overview = await home.RunAsync("query", "overview");
        var tables = await home.RunAsync("query", "schema", "--format", "csv");
        var saved = await home.RunAsync("query", "saved", "errors");

        Assert.Contains("Nothing is recorded yet", overview.Output);
        Assert.Equal(
            ["ai_gateway_attempts", "ai_gateway_exchanges", "ai_gateway_messages", "ai_gateway_socket_events"],
            tables.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => line.Split(',')[0]));
        Assert.All([overview, tables, saved], run => Assert.Equal((0, ""), (run.ExitCode, run.Error)));
    }

    [Fact]
    public async Task An_exchange_is_found_while_the_gateway_runs_and_after_it_was_compacted()
    {
        using var home = new TemporaryHome();
        string id;
        await using (var gateway = await BuiltGateway.StartInAsync(home))
        {
            id = await AskAsync(gateway, "sim-rst2");
            await WaitForAsync(home, id);
            var live = await home.RunAsync("exchange", id[..30]);
            Assert.Contains("read ECONNRESET", live.Output);
            await gateway.Program.TerminateAsync();
            Assert.Equal(0, await gateway.Program.ExitAsync());
        }

        var compaction = await home.RunAsync("compact");
        var page = await home.RunAsync("exchange", id);
        var overview = await home.RunAsync("query", "overview");
        var json = await home.RunAsync("query", "overview", "--json");
        var sql = await home.RunAsync("query", "saved", "errors", "--sql");

        Assert.Contains("1 segments with 1 rows compacted", compaction.Output);
        Assert.Matches(new Regex(@"(?s)exchange \S+, .* the request came: \d+ bytes.* the end: failed, read ECONNRESET, stream_reset", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)), page.Output);
        Assert.Contains("sim-rst2", overview.Output);
        Assert.Equal(1, JsonSerializer.Deserialize<JsonElement>(json.Output).GetProperty("errors")[0].GetProperty("exchanges").GetInt32());
        Assert.Contains("FROM ai_gateway_exchanges", sql.Output);
    }

    [Fact]
    public async Task Wrong_use_ends_with_2_and_says_what_is_wrong()
    {
        using var home = new TemporaryHome();

        Assert.Equal(2, (await home.RunAsync("query", "sql", "DROP VIEW ai_gateway_exchanges")).ExitCode);
        Assert.Contains("did you mean ai_gateway_exchanges", (await home.RunAsync("query", "schema", "ai_gateway_exchange")).Error);
        Assert.Contains("did you mean \"errors\"", (await home.RunAsync("query", "saved", "error")).Error);
        Assert.Equal(1, (await home.RunAsync("exchange", "nothing")).ExitCode);
        var late = await home.RunAsync("query", "sql", "SELECT count(*) FROM range(1_000_000_000_000) t(a) WHERE a % 7 = 3", "--timeout", "0.5");
        Assert.Equal(1, late.ExitCode);
        Assert.Contains("--timeout", late.Error);
    }

    [Fact]
    public async Task The_statement_may_come_from_standard_input_and_the_rows_go_to_a_file()
    {
        using var home = new TemporaryHome();
        var file = Path.Combine(home.Path, "rows.jsonl");

        var (code, output, error) = await ChildProgram.RunAsync(
            Repository.Holdfast, ["query", "sql", "-", "--format", "jsonl", "--output", file], "SELECT 1 AS a", ("HOLDFAST_HOME", home.Path));

        Assert.Equal((0, "", ""), (code, output, error));
        Assert.Equal("{\"a\":1}\n", await File.ReadAllTextAsync(file));
    }

    /// <summary>The files outlive us: somebody else's reader must understand them.</summary>
    [Fact]
    public async Task Another_implementation_of_parquet_reads_the_files()
    {
        using var home = new TemporaryHome();
        var ids = new List<string>();
        await using (var gateway = await BuiltGateway.StartInAsync(home))
        {
            foreach (var model in new[] { "sim", "sim-rst2", "sim-h529" })
            {
                ids.Add(await AskAsync(gateway, model));
            }

            await gateway.Program.TerminateAsync();
            await gateway.Program.ExitAsync();
        }

        await home.RunAsync("compact");
        var files = Directory.EnumerateFiles(Path.Combine(home.Path, "recordings", "parquet"), "*.parquet", SearchOption.AllDirectories);
        var rows = new Dictionary<string, List<JsonElement>>();
        foreach (var file in files)
        {
            var (code, output, error) = await ChildProgram.RunAsync(Repository.Node, [Repository.NodeScript("parquet.mjs"), file]);
            Assert.True(code == 0, error);
            rows[new DirectoryInfo(Path.GetDirectoryName(file)!).Name] =
                [
                    .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
                ];
        }

        Assert.Equal(ids.Order(), rows["exchanges"].Select(row => row.GetProperty("exchange_id").GetString()).Order());
        Assert.Equal([200, 200, 529], rows["exchanges"].Select(row => row.GetProperty("status").GetInt32()).Order());
        Assert.Equal(
            ["error", "error", "unrecorded"], rows["messages"].Select(row => row.GetProperty("part_type").GetString()).Order());
    }

    private static async Task<string> AskAsync(BuiltGateway gateway, string model)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        var (path, body) = SampleRequests.Turn("anthropic", model);
        using var answer = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        await answer.Content.ReadAsStringAsync();
        return answer.Headers.GetValues("holdfast-exchange").Single();
    }

    private static async Task WaitForAsync(TemporaryHome home, string id)
    {
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        while (!(await home.RunAsync("query", "sql", "SELECT exchange_id FROM ai_gateway_exchanges", "--format", "csv")).Output.Contains(id))
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }
}
