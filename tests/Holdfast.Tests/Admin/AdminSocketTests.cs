using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Holdfast.Admin;
using Holdfast.Cli;
using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.Observability;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Holdfast.Tests.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Admin;

public sealed class AdminSocketTests : IAsyncDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hf");
    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private readonly List<ServiceProvider> _gateways = [];

    private string Home => Path.Combine(_root.FullName, "home");

    private string SocketPath => Path.Combine(Home, "holdfast.sock");

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await SocketOf(gateway).StoppedAsync(default).WithinTestTimeout();
            await gateway.DisposeAsync();
        }

        _root.Delete(recursive: true);
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_socket_and_its_folder_are_for_their_user_only()
    {
        await StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Home));
    }

    [Fact]
    public async Task Status_tells_open_exchanges_with_their_silence_totals_errors_and_counters()
    {
        var gateway = await StartAsync();
        var facts = gateway.GetRequiredService<GatewayFacts>();
        facts.Listen = () => ["http://127.0.0.1:8484"];
        facts.IsDraining = () => true;
        facts.Sockets = () => [("keepalive_race", 3)];
        using var listing = gateway.GetRequiredService<OpenExchanges>().Add(new SilentExchange(_time.GetUtcNow()));
        var reporter = gateway.GetRequiredService<ExchangeReporter>();
        reporter.Ended(Records.Completed());
        reporter.Ended(Records.Failed());
        _time.Advance(TimeSpan.FromSeconds(90));

        var status = Assert.IsType<StatusAnswer.Running>(await StatusClient.AskAsync(Home, default)).Status;

        Assert.Equal((Environment.ProcessId, 90, true), (status.Pid, status.UptimeSeconds, status.Draining));
        Assert.Equal(["http://127.0.0.1:8484"], status.Listen);
        var open = Assert.Single(status.OpenExchanges);
        Assert.Equal(("ex-silent", 90, 75.5), (open.ExchangeId, open.AgeSeconds, open.SilenceSeconds));
        Assert.Equal((2, 1, 1), (status.Totals.Exchanges, status.Totals.Completed, status.Totals.Failed));
        var failure = Assert.Single(status.RecentFailures);
        Assert.Equal(("stream_reset", "read ECONNRESET", "anthropic"), (failure.Code, failure.Text, failure.Upstream));
        Assert.Equal(3, status.Sockets["keepalive_race"]);
    }

    [Fact]
    public async Task Status_tells_what_is_spared_after_failures_why_and_until_when()
    {
        var gateway = await StartAsync();
        var now = _time.GetUtcNow();
        gateway.GetRequiredService<GatewayFacts>().Cooldowns = at =>
        [
            new("anthropic", "ANTHROPIC_API_KEY", null, HealthState.Cooling, at.AddHours(5), 1, FailureReason.Billing, 1),
            new("second", "client:0011", "claude\u001b-opus", HealthState.ProbeDue, now, 0, FailureReason.RateLimit, 4),
        ];

        var status = Assert.IsType<StatusAnswer.Running>(await StatusClient.AskAsync(Home, default)).Status;

        Assert.Equal(
            [
                new("anthropic", "ANTHROPIC_API_KEY", null, "cooling", "billing", now.AddHours(5), 1, 1),
                new CooldownStatus("second", "client:0011", "claude\u001b-opus", "probe_due", "rate_limit", now, 0, 4),
            ],
            status.Cooldowns!);
        Assert.Contains(
            """

            spared after failures: 2
              anthropic  ANTHROPIC_API_KEY  every model  billing, until 2026-07-01 17:00:00Z, step 1
              second  client:0011  claude?-opus  rate_limit, to be tried since 2026-07-01 12:00:00Z

            """,
            StatusPage.Write(status), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_shows_fifty_cooldowns_and_how_many_more_there_are()
    {
        var cooldown = new CooldownStatus("anthropic", "KEY", "model", "cooling", "auth", _time.GetUtcNow(), 1, 1);
        var status = new StatusDocument(
            "1", 1, _time.GetUtcNow(), 0, [], false, [], new ExchangeTotals().Snapshot(), [],
            new Dictionary<string, long>(), [.. Enumerable.Repeat(cooldown, 60)]);

        var page = StatusPage.Write(status);

        Assert.Equal(50, page.Split("KEY").Length - 1);
        Assert.Contains("  and 10 more (--json shows all)\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_path_is_not_found()
    {
        await StartAsync();
        await using var client = await RawHttpClient.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));

        var answer = await client.RequestAsync("GET", "/v1/messages");

        Assert.Equal(404, answer.Status);
    }

    [Fact]
    public async Task A_file_left_by_a_killed_gateway_is_replaced()
    {
        Directory.CreateDirectory(Home);
        LeaveSocketFile();
        Assert.True(File.Exists(SocketPath));

        await StartAsync();

        Assert.IsType<StatusAnswer.Running>(await StatusClient.AskAsync(Home, default));
        Assert.DoesNotContain(_log.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_second_gateway_of_the_same_home_leaves_the_socket_to_the_first()
    {
        await StartAsync();
        var second = await StartAsync();

        Assert.Contains(_log.Entries, entry => entry.Message.Contains("Another gateway serves", StringComparison.Ordinal));
        await SocketOf(second).StoppedAsync(default);
        Assert.IsType<StatusAnswer.Running>(await StatusClient.AskAsync(Home, default));
    }

    [Fact]
    public async Task A_home_that_cannot_hold_a_socket_costs_a_warning_and_nothing_else()
    {
        var far = Path.Combine(Home, new string('x', 120));

        var gateway = Build(far);
        await SocketOf(gateway).StartedAsync(default);

        Assert.Contains(_log.Entries, entry => entry.Message.Contains("too long", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_home_that_is_no_folder_costs_a_warning_and_nothing_else()
    {
        await File.WriteAllTextAsync(Home, "");

        await SocketOf(Build(Home)).StartedAsync(default);

        Assert.Contains(_log.Entries, entry => entry.Message.Contains("runs without `holdfast status`", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_is_gone_after_the_stop()
    {
        var gateway = await StartAsync();

        await SocketOf(gateway).StoppedAsync(default);

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task The_command_prints_a_page_and_with_json_the_document()
    {
        await StartAsync();

        var (pageCode, page, _) = await RunCommandAsync(asJson: false);
        var (jsonCode, json, _) = await RunCommandAsync(asJson: true);

        Assert.Equal((0, 0), (pageCode, jsonCode));
        Assert.StartsWith($"holdfast {GatewayVersion.Text}, running, process {Environment.ProcessId}, up 0.0 s\n", page);
        Assert.Contains("no recent errors", page, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessId, JsonSerializer.Deserialize<JsonElement>(json).GetProperty("pid").GetInt32());
    }

    [Fact]
    public async Task Without_a_gateway_the_command_says_so_and_fails()
    {
        var (code, page, error) = await RunCommandAsync(asJson: false);

        Assert.Equal((1, ""), (code, page));
        Assert.Equal($"No gateway runs: there is no {SocketPath}. Start one with `holdfast serve`.", error.Trim());
    }

    [Fact]
    public async Task A_file_left_by_a_killed_gateway_is_told_from_a_running_one()
    {
        Directory.CreateDirectory(Home);
        LeaveSocketFile();

        var (code, _, error) = await RunCommandAsync(asJson: true);

        Assert.Equal(1, code);
        Assert.Contains("left over from a gateway that was killed", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_shows_nothing_that_could_drive_a_terminal()
    {
        var record = Records.Failed(code: "upstream:\u001b]0;evil\u0007");
        var failures = new RecentFailures();
        failures.Add(record);
        var status = new StatusDocument(
            "1", 1, _time.GetUtcNow(), 3_700, [], false, [], new ExchangeTotals().Snapshot(), failures.Snapshot(),
            new Dictionary<string, long>());

        var page = StatusPage.Write(status);

        Assert.DoesNotContain('\u001b', page);
        Assert.Contains("up 1 h 01 min", page, StringComparison.Ordinal);
    }

    private async Task<ServiceProvider> StartAsync()
    {
        var gateway = Build(Home);
        await SocketOf(gateway).StartedAsync(default);
        return gateway;
    }

    private ServiceProvider Build(string home)
    {
        var gateway = new ServiceCollection()
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton(_log.CreateFactory())
            .AddLogging()
            .AddObservability(Stream.Null, new Dictionary<string, string?>())
            .AddRecording(new())
            .AddAdmin(home)
            .BuildServiceProvider();
        _gateways.Add(gateway);
        gateway.GetRequiredService<GatewayFacts>();
        return gateway;
    }

    private static AdminSocket SocketOf(ServiceProvider gateway) =>
        gateway.GetServices<IHostedService>().OfType<AdminSocket>().Single();

    private async Task<(int Code, string Output, string Error)> RunCommandAsync(bool asJson)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await StatusCommand.RunAsync(Home, asJson, output, error, default).WithinTestTimeout();
        return (code, output.ToString(), error.ToString());
    }

    // What a killed process leaves: a file with nobody behind it. Closing a socket of ours would take the file along.
    private void LeaveSocketFile()
    {
        var moved = SocketPath + ".moved";
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(moved));
            socket.Listen();
            File.Move(moved, SocketPath);
        }
    }

    private sealed class SilentExchange(DateTimeOffset started) : ILiveExchange
    {
        public string ExchangeId => "ex-silent";

        public DateTimeOffset StartedAt => started;

        public string? Protocol => "anthropic";

        public string? Upstream => "anthropic";

        public string? Model => "claude-opus-4-6";

        public bool IsStream => true;

        public string Phase => "committed";

        public long BytesSent => 4_096;

        public TimeSpan Silence => TimeSpan.FromSeconds(75.5);
    }
}
