using System.Text;
using System.Text.Json;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Recordings;

/// <summary>What a user types to say what is recorded, and to be rid of what was.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class PrivacyTests
{
    private const string Sessions = "SELECT DISTINCT session FROM ai_gateway_exchanges ORDER BY 1";

    [Fact]
    public async Task Rules_are_made_shown_and_taken_back()
    {
        using var home = new TemporaryHome();

        var set = await home.RunAsync("privacy", "set", "--directory", "/work/a/", "--bodies", "messages");
        var ignore = await home.RunAsync("privacy", "ignore", "--session", "s");
        var list = await home.RunAsync("privacy", "list");
        var shown = await home.RunAsync("privacy", "show", "--directory", "/work/a/b", "--json");
        var here = await home.RunAsync("privacy", "show");
        var unignore = await home.RunAsync("privacy", "unignore", "--session", "s");
        var unset = await home.RunAsync("privacy", "unset", "--directory", "/work/a");
        var none = await home.RunAsync("privacy", "list");

        Assert.All([set, ignore, list, shown, here, unignore, unset, none], run => Assert.Equal((0, ""), (run.ExitCode, run.Error)));
        Assert.Equal("/work/a: bodies messages\nsession s: keep ignore\n", list.Output);
        Assert.Equal("Messages", JsonSerializer.Deserialize<JsonElement>(shown.Output).GetProperty("decision").GetProperty("bodies").GetString());
        Assert.Contains("bodies:     none (the configuration", here.Output);
        Assert.StartsWith("There are no rules", none.Output);
    }

    [Fact]
    public async Task Nothing_is_purged_where_nobody_can_be_asked_and_nobody_said_yes()
    {
        using var home = new TemporaryHome();
        await using (var gateway = await BuiltGateway.StartInAsync(home))
        {
            await AskAsync(gateway, "a", "words");
            await WaitForAsync(home, Sessions, "a");
        }

        var refused = await home.RunAsync("privacy", "purge", "--all");

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("--yes", refused.Error);
        Assert.Equal("a", await QueryAsync(home, Sessions));
    }

    [Fact]
    public async Task A_session_is_purged_while_the_gateway_goes_on_and_may_be_recorded_anew()
    {
        using var home = new TemporaryHome();
        await File.WriteAllTextAsync(Path.Combine(home.Path, "holdfast.json"), """{ "recording": { "bodies": "messages" } }""");
        await using var gateway = await BuiltGateway.StartInAsync(home);
        await AskAsync(gateway, "secret", "canary-of-secret");
        await AskAsync(gateway, "other", "words of other");
        await WaitForAsync(home, Sessions, "other,secret");
        var before = await QueryAsync(home, MessagesOf("other"));

        var (code, output, error) = await home.RunAsync("privacy", "purge", "--session", "secret", "--yes");

        Assert.True(code == 0, error);
        Assert.StartsWith("Deleted: 1 rows of ai_gateway_exchanges, 2 of ai_gateway_messages", output);
        Assert.Equal("other", await QueryAsync(home, Sessions));
        Assert.Equal(before, await QueryAsync(home, MessagesOf("other")));
        Assert.DoesNotContain(FilesOf(home), path => File.ReadAllText(path, Encoding.Latin1).Contains("canary-of-secret", StringComparison.Ordinal));

        // Both come again: what was purged counts as new, what was not does not.
        await AskAsync(gateway, "secret", "canary-of-secret");
        await AskAsync(gateway, "other", "words of other");
        await WaitForAsync(home, "SELECT count(*) FROM ai_gateway_exchanges", "3");
        Assert.Equal("1", await QueryAsync(home, "SELECT count(*) FROM ai_gateway_messages WHERE content_text = 'canary-of-secret'"));
        Assert.Equal("1", await QueryAsync(home, "SELECT count(*) FROM ai_gateway_messages WHERE content_text = 'words of other'"));
    }

    [Fact]
    public async Task A_running_gateway_follows_the_rules_and_what_it_recorded_before_can_be_purged()
    {
        using var home = new TemporaryHome();
        await using var gateway = await BuiltGateway.StartInAsync(home);
        await AskAsync(gateway, "secret", "words");
        await AskAsync(gateway, "other", "words");
        await home.RunAsync("privacy", "ignore", "--session", "secret");

        // It looks once a second.
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        while (await QueryAsync(home, "SELECT count(*) FROM ai_gateway_exchanges WHERE is_ignored") == "0")
        {
            deadline.Token.ThrowIfCancellationRequested();
            await AskAsync(gateway, "secret", "words");
        }

        Assert.Equal("other,secret", await QueryAsync(home, "SELECT DISTINCT session FROM ai_gateway_exchanges WHERE session IS NOT NULL ORDER BY 1"));
        var (code, _, error) = await home.RunAsync("privacy", "purge", "--ignored", "--yes");
        Assert.True(code == 0, error);
        Assert.Equal("other", await QueryAsync(home, "SELECT DISTINCT session FROM ai_gateway_exchanges ORDER BY 1"));
        Assert.Equal("1", await QueryAsync(home, "SELECT count(*) FROM ai_gateway_exchanges"));
    }

    [Fact]
    public async Task A_purge_killed_at_any_point_loses_nothing_else_and_another_one_finishes()
    {
        using var home = new TemporaryHome();
        await File.WriteAllTextAsync(Path.Combine(home.Path, "holdfast.json"), """{ "recording": { "bodies": "messages" } }""");
        await using var gateway = await BuiltGateway.StartInAsync(home);
        for (var i = 0; i < 20; i++)
        {
            await AskAsync(gateway, "secret", $"canary-of-secret {i}");
            await AskAsync(gateway, "other", $"words of other {i}");
        }

        await WaitForAsync(home, "SELECT count(*) FROM ai_gateway_exchanges", "40");
        var others = await QueryAsync(home, MessagesOf("other"));

        for (var delay = 100; delay < 900; delay += 100)
        {
            var purge = ChildProgram.Start(
                Repository.Holdfast, ["privacy", "purge", "--session", "secret", "--yes"], null, ("HOLDFAST_HOME", home.Path));
            await Task.WhenAny(purge.ExitAsync(), Task.Delay(delay));
            await purge.DisposeAsync();
            Assert.Equal(others, await QueryAsync(home, MessagesOf("other")));
            Assert.Equal("20", await QueryAsync(home, "SELECT count(*) FROM ai_gateway_exchanges WHERE session = 'other'"));
        }

        var (code, _, error) = await home.RunAsync("privacy", "purge", "--session", "secret", "--yes");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal("other", await QueryAsync(home, Sessions));
        Assert.Equal(others, await QueryAsync(home, MessagesOf("other")));
        Assert.DoesNotContain(FilesOf(home), path => File.ReadAllText(path, Encoding.Latin1).Contains("canary-of-secret", StringComparison.Ordinal));
    }

    private static string MessagesOf(string session) =>
        $"SELECT part_id, content_text FROM ai_gateway_messages WHERE session_id = '{session}' ORDER BY part_id";

    private static IEnumerable<string> FilesOf(TemporaryHome home) =>
        Directory.EnumerateFiles(Path.Combine(home.Path, "recordings"), "*", SearchOption.AllDirectories);

    private static async Task AskAsync(BuiltGateway gateway, string session, string words)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Add("x-session-id", session);
        var (path, body) = SampleRequests.Turn("anthropic", "sim", stream: false);
        using var content = new StringContent(body.Replace("hello", words, StringComparison.Ordinal), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(path, content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task WaitForAsync(TemporaryHome home, string sql, string answer)
    {
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        string last;
        while ((last = await QueryAsync(home, sql)) != answer)
        {
            Assert.False(deadline.IsCancellationRequested, $"{sql} answers {last}, not {answer}");
        }
    }

    // Rows joined by a comma.
    private static async Task<string> QueryAsync(TemporaryHome home, string sql)
    {
        var (code, output, error) = await home.RunAsync("query", "sql", sql, "--format", "csv");
        Assert.Equal((0, ""), (code, error));
        return string.Join(',', output.TrimEnd().Split('\n').Skip(1));
    }
}
