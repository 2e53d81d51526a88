using System.Text.Json;
using Holdfast.Recording.Privacy;

namespace Holdfast.Tests.Cli;

public sealed class PrivacyCommandTests : CliTest
{
    [Fact]
    public async Task Rules_are_made_changed_listed_and_removed()
    {
        var set = await RunAsync("privacy", "set", "--directory", "/work/a/", "--bodies", "messages", "--keep", "local-only");
        var ignore = await RunAsync("privacy", "ignore", "--session", "s");
        var list = await RunAsync("privacy", "list");

        Assert.Equal("/work/a: bodies messages, keep local-only\n", set.Output);
        Assert.Equal("session s: keep ignore\n", ignore.Output);
        Assert.Equal(set.Output + ignore.Output, list.Output);

        await RunAsync("privacy", "set", "--directory", "/work/a", "--bodies", "raw");
        var unignored = await RunAsync("privacy", "unignore", "--session", "s");
        var json = JsonSerializer.Deserialize<JsonElement>((await RunAsync("privacy", "list", "--json")).Output);

        Assert.Equal("session s: no rule any more\n", unignored.Output);
        var rule = Assert.Single(json.GetProperty("rules").EnumerateArray());
        Assert.Equal(
            ("/work/a", "Raw", "LocalOnly"),
            (rule.GetProperty("directory").GetString(), rule.GetProperty("bodies").GetString(), rule.GetProperty("keep").GetString()));

        Assert.Equal(0, (await RunAsync("privacy", "unset", "--directory", "/work/a")).ExitCode);
        Assert.Empty(PrivacyRules.Read(Home).All);
        Assert.StartsWith("There are no rules", (await RunAsync("privacy", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_becomes_an_absolute_path()
    {
        await RunAsync("privacy", "ignore", "--directory", "some/../here/");

        Assert.Equal(Path.GetFullPath("here"), Assert.Single(PrivacyRules.Read(Home).All).Directory);
    }

    [Fact]
    public async Task Show_names_the_rule_that_decides()
    {
        WriteFile("holdfast.json", """{ "recording": { "bodies": "messages" } }""");
        await RunAsync("privacy", "set", "--directory", "/work", "--keep", "local-only");
        await RunAsync("privacy", "set", "--session", "s", "--bodies", "none");

        var plain = await RunAsync("privacy", "show", "--directory", "/elsewhere");
        var below = await RunAsync("privacy", "show", "--directory", "/work/a", "--session", "s");
        var here = await RunAsync("privacy", "show");

        Assert.Contains("bodies:     messages (the configuration: recording.bodies", plain.Output, StringComparison.Ordinal);
        Assert.Contains("keep:       all (no rule says otherwise)", plain.Output, StringComparison.Ordinal);
        Assert.Contains("bodies:     none (the rule for session s)", below.Output, StringComparison.Ordinal);
        Assert.Contains("keep:       local-only (the rule for /work)", below.Output, StringComparison.Ordinal);
        Assert.Contains($"directory:  {Environment.CurrentDirectory}\n", here.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_as_json_tells_the_decision_and_its_rules()
    {
        await RunAsync("privacy", "ignore", "--directory", "/work");

        var shown = JsonSerializer.Deserialize<JsonElement>(
            (await RunAsync("privacy", "show", "--directory", "/work/a", "--json")).Output);

        Assert.Equal("Ignore", shown.GetProperty("decision").GetProperty("keep").GetString());
        Assert.Equal("None", shown.GetProperty("decision").GetProperty("bodies").GetString());
        Assert.Equal("/work", shown.GetProperty("keepRule").GetProperty("directory").GetString());
        Assert.False(shown.TryGetProperty("bodiesRule", out _));
    }

    [Fact]
    public async Task What_is_ignored_from_above_is_told_and_not_taken_back_below()
    {
        await RunAsync("privacy", "ignore", "--directory", "/work");

        var below = await RunAsync("privacy", "unignore", "--directory", "/work/a");

        Assert.Equal(1, below.ExitCode);
        Assert.Contains("/work says keep ignore", below.Error, StringComparison.Ordinal);
        Assert.Single(PrivacyRules.Read(Home).All);
    }

    [Theory]
    [InlineData("set --directory /a")]
    [InlineData("set --bodies raw")]
    [InlineData("set --directory /a --session s --bodies raw")]
    [InlineData("set --directory /a --bodies some")]
    [InlineData("ignore")]
    [InlineData("unset --session s --directory /a")]
    [InlineData("purge --yes")]
    [InlineData("purge --yes --all --session s")]
    [InlineData("purge --yes --before yesterday")]
    public async Task Wrong_use_ends_with_2_and_changes_nothing(string line)
    {
        var outcome = await RunAsync(["privacy", .. line.Split(' ')]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.NotEmpty(outcome.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Home));
    }

    [Fact]
    public async Task Broken_rules_are_told_and_never_written_over()
    {
        WriteFile("privacy.json", "{ broken");

        foreach (var line in new[] { "list", "show", "ignore --session s", "unset --session s", "purge --ignored --yes" })
        {
            Directory.CreateDirectory(Path.Combine(Home, "recordings"));
            var outcome = await RunAsync(["privacy", .. line.Split(' ')]);

            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("privacy.json", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal("{ broken", await File.ReadAllTextAsync(Path.Combine(Home, "privacy.json")));
    }

    [Fact]
    public async Task With_nothing_recorded_there_is_nothing_to_purge()
    {
        Assert.Equal("Nothing is recorded.\n", (await RunAsync("privacy", "purge", "--all", "--yes")).Output);
    }
}
