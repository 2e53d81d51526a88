using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Commands;

/// <summary>The commands as shells and service managers see them: exit codes, and what is said where.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class ServeTests
{
    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Serve_without_any_configuration_makes_its_home_and_says_where_it_listens()
    {
        await using var gateway = await BuiltGateway.StartAsync();

        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(gateway.Address.Host)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(gateway.Home));
        Assert.Empty(gateway.Program.Output);
    }

    [Theory]
    [InlineData("""{ "streaming": { "keepAliveAftre": "00:00:10" } }""", "keepAliveAftre", "keepAliveAfter")]
    [InlineData("""{ "timeouts": { "connect": "soon" } }""", "timeouts.connect", "soon")]
    [InlineData("""{ "listen": """, "holdfast.json", "")]
    public async Task Serve_with_a_wrong_configuration_says_what_and_ends_with_2(
        string file, string setting, string value)
    {
        using var home = new TemporaryHome();
        await File.WriteAllTextAsync(Path.Combine(home.Path, "holdfast.json"), file);

        var (code, output, error) = await home.RunAsync("serve", "--listen", "http://127.0.0.1:0");

        Assert.Equal(2, code);
        Assert.Contains(setting, error);
        Assert.Contains(value, error);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Serve_at_a_taken_address_ends_with_1()
    {
        using var home = new TemporaryHome();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (code, _, error) = await home.RunAsync("serve", "--listen", $"http://{taken.LocalEndpoint}");

        Assert.Equal(1, code);
        Assert.Contains("cannot start", error);
    }

    [Fact]
    public async Task An_open_listener_without_consent_ends_with_2()
    {
        using var home = new TemporaryHome();

        var (code, _, error) = await home.RunAsync("serve", "--listen", "http://0.0.0.0:0");

        Assert.Equal(2, code);
        Assert.Contains("access", error);
    }

    [Fact]
    public async Task Status_of_a_running_gateway_tells_and_ends_with_0_and_without_one_it_ends_with_1()
    {
        using var empty = new TemporaryHome();
        await using var gateway = await BuiltGateway.StartAsync();
        await Http.Curl.GetAsync($"{gateway.BaseUrl}/v1/chat/completions", "-H", "content-type: application/json",
            "-d", """{"model":"sim-rst0","messages":[]}""");

        var running = await ChildProgram.RunAsync(
            Repository.Holdfast, ["status"], null, ("HOLDFAST_HOME", gateway.Home));
        var none = await empty.RunAsync("status");

        Assert.Equal(0, running.ExitCode);
        Assert.Contains(gateway.BaseUrl, running.Output);
        Assert.Contains("upstream_reset", running.Output);
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("No gateway runs", none.Error);
    }

    [Fact]
    public async Task Wrong_use_ends_with_2_or_help_and_asking_for_help_with_0()
    {
        using var home = new TemporaryHome();

        var wrong = await home.RunAsync("serve", "--lisen", "http://127.0.0.1:0");
        var help = await home.RunAsync("--help");
        var version = await home.RunAsync("--version");

        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--lisen", wrong.Error);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("serve", help.Output);
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }
}
