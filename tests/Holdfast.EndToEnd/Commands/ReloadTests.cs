using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Commands;

/// <summary>A running gateway gets another configuration as operators give it one: by command, by signal, by changing the file.</summary>
[Collection(nameof(OwnProcesses))]
public sealed partial class ReloadTests
{
    private const string Denying = """{ "deny": { "fields": ["temperature"] } }""";
    private const string Wrong = """{ "timeouts": { "total": "soon" }, "errros": 1 }""";

    [Fact]
    public async Task Reload_says_what_changed_and_which_configuration_holds_and_config_prints_the_same_digest()
    {
        await using var gateway = await BuiltGateway.StartAsync("{}");
        await WriteAsync(gateway, Denying);

        var (code, output, error) = await RunAsync(gateway, "reload", "--json");
        var config = await RunAsync(gateway, "config", "--listen", "http://127.0.0.1:0");
        var status = JsonDocument.Parse((await RunAsync(gateway, "status", "--json")).Output).RootElement.GetProperty("configuration");

        Assert.Equal((0, ""), (code, error));
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["deny.fields"], json.GetProperty("changed").EnumerateArray().Select(path => path.GetString()));
        Assert.Equal(0, json.GetProperty("needs_restart").GetArrayLength());
        var digest = json.GetProperty("digest").GetString()!;
        Assert.Matches("^[0-9a-f]{64}$", digest);
        Assert.Contains($"// digest: {digest}\n", config.Output, StringComparison.Ordinal);
        Assert.Equal(digest, status.GetProperty("digest").GetString());
        Assert.True(status.GetProperty("loaded_at").GetDateTimeOffset() >= json.GetProperty("loaded_at").GetDateTimeOffset());
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
    }

    [Fact]
    public async Task What_only_a_restart_changes_is_named_and_keeps_nothing_else_from_holding()
    {
        await using var gateway = await BuiltGateway.StartAsync("{}");
        await WriteAsync(gateway, """{ "access": "open", "deny": { "fields": ["temperature"] } }""");

        var first = await RunAsync(gateway, "reload");
        var second = await RunAsync(gateway, "reload");
        var status = await RunAsync(gateway, "status");

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains("Only a restart changes: access", first.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing changed", second.Output, StringComparison.Ordinal);
        Assert.Contains("Only a restart changes: access", second.Output, StringComparison.Ordinal);
        Assert.Contains("only a restart changes: access", status.Output, StringComparison.Ordinal);
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
    }

    [Fact]
    public async Task What_is_wrong_is_refused_with_the_errors_of_the_start_and_what_was_read_before_stays_in_force()
    {
        await using var gateway = await BuiltGateway.StartAsync(Denying);
        await WriteAsync(gateway, Wrong);

        var reload = await RunAsync(gateway, "reload", "--json");
        var start = await RunAsync(gateway, "serve", "--listen", "http://127.0.0.1:0");
        var status = await RunAsync(gateway, "status", "--json");

        Assert.Equal((1, ""), (reload.ExitCode, reload.Output));
        Assert.Equal(2, start.ExitCode);
        Assert.StartsWith(start.Error.TrimEnd(), reload.Error, StringComparison.Ordinal);
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
        Assert.Contains("timeouts.total", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_file_that_is_gone_is_an_error_and_not_the_wish_for_every_default()
    {
        await using var gateway = await BuiltGateway.StartAsync(Denying);
        File.Delete(FileOf(gateway));

        var (code, _, error) = await RunAsync(gateway, "reload");

        Assert.Equal(1, code);
        Assert.Contains("there is no such file", error, StringComparison.Ordinal);
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
    }

    [Fact]
    public async Task Without_a_gateway_there_is_nothing_to_reload()
    {
        using var home = new TemporaryHome();

        var (code, output, error) = await home.RunAsync("reload");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("No gateway runs", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_file_holds_soon_without_anybody_asking()
    {
        await using var gateway = await BuiltGateway.StartAsync("{}");

        await WriteAsync(gateway, Denying);

        await gateway.Program.ErrorLineAsync(Changed());
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
    }

    [Fact]
    public async Task A_hang_up_reloads_what_has_no_terminal_and_says_so()
    {
        // As a service has it: no terminal, whatever these tests were started on.
        await using var gateway = await BuiltGateway.StartAsync("{}", through: ["setsid", "--wait"]);
        await WriteAsync(gateway, Denying);

        await HangUpAsync(gateway);

        await gateway.Program.ErrorLineAsync(HungUp());
        Assert.Equal(403, await StatusOfDeniedAsync(gateway));
    }

    [Fact]
    public async Task A_hang_up_that_was_ignored_from_the_start_stays_ignored()
    {
        await using var gateway = await BuiltGateway.StartAsync("{}", through: ["nohup"]);

        await HangUpAsync(gateway);

        Assert.Equal(0, (await RunAsync(gateway, "status")).ExitCode);
        Assert.DoesNotMatch(HungUp(), gateway.Program.Error);
    }

    /// <summary>The signal alone, as a shell sends it to what it started; and a terminal that is gone, so that nothing can be
    /// printed any more.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_terminal_that_is_closed_ends_the_gateway_as_SIGTERM_does_and_the_turn_under_way_is_finished(bool isGone)
    {
        using var home = new TemporaryHome();
        var transcript = Path.Combine(home.Path, "transcript");
        await using var terminal = ChildProgram.Start(
            "script", ["-qfc", $"{Repository.Holdfast} serve --listen http://127.0.0.1:0", transcript], null,
            ("HOLDFAST_HOME", home.Path), ("TERM", "dumb"), ("SHELL", "/bin/sh"));
        var address = (await terminal.OutputLineAsync(StartLine())).Groups["address"].Value;
        var status = JsonDocument.Parse((await home.RunAsync("status", "--json")).Output).RootElement;
        await using var turn = ChildProgram.Start("curl", ["-sS", "-N", $"{address}/v1/messages", "-H", "content-type: application/json",
            "-d", """{"model":"sim-n20-i200","max_tokens":64,"stream":true,"messages":[]}"""]);
        await turn.OutputLineAsync(Delta());

        if (isGone)
        {
            await terminal.KillAsync();
        }
        else
        {
            await SignalAsync(status.GetProperty("pid").GetInt32(), "HUP");
        }

        await turn.ExitAsync();
        Assert.Contains("message_stop", turn.Output, StringComparison.Ordinal);
        await terminal.ExitAsync();
        var gateway = status.GetProperty("pid").GetInt32();
        await Wait.UntilAsync(() => !Directory.Exists($"/proc/{gateway}"));
        Assert.Equal(1, (await home.RunAsync("status")).ExitCode);
    }

    private static string FileOf(BuiltGateway gateway) => Path.Combine(gateway.Home, "holdfast.json");

    // As editors and deployments do it: at once, under another name first.
    private static async Task WriteAsync(BuiltGateway gateway, string text)
    {
        var written = FileOf(gateway) + ".new";
        await File.WriteAllTextAsync(written, text);
        File.Move(written, FileOf(gateway), overwrite: true);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(BuiltGateway gateway, params string[] arguments) =>
        ChildProgram.RunAsync(Repository.Holdfast, arguments, null, ("HOLDFAST_HOME", gateway.Home));

    private static async Task<int> StatusOfDeniedAsync(BuiltGateway gateway)
    {
        var answer = await Curl.GetAsync($"{gateway.BaseUrl}/v1/messages", "-i", "-H", "content-type: application/json",
            "-d", """{"model":"sim","max_tokens":64,"temperature":1,"messages":[]}""");
        return int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task HangUpAsync(BuiltGateway gateway)
    {
        var status = JsonDocument.Parse((await RunAsync(gateway, "status", "--json")).Output).RootElement;
        await SignalAsync(status.GetProperty("pid").GetInt32(), "HUP");
    }

    private static async Task SignalAsync(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync();
    }

    [GeneratedRegex(@"read again \(its file has changed\): changed deny\.fields", RegexOptions.None, 1000)]
    private static partial Regex Changed();

    [GeneratedRegex(@"read again \(SIGHUP\)", RegexOptions.None, 1000)]
    private static partial Regex HungUp();

    [GeneratedRegex("content_block_delta", RegexOptions.None, 1000)]
    private static partial Regex Delta();

    [GeneratedRegex(@"^Holdfast \S+ listens on (?<address>http://[0-9.:]+)", RegexOptions.Multiline, 1000)]
    private static partial Regex StartLine();
}
