using System.Runtime.Versioning;
using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.TestKit;
using Holdfast.Tests.Failover;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Hosting;

/// <summary>Cooldowns survive a restart, and a file that cannot be used costs nothing but a warning.</summary>
public sealed class HealthFileTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hf");
    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private HealthBook _book = new(new CooldownOptions());
    private HealthFile? _file;

    private string Home => System.IO.Path.Combine(_root.FullName, "home");

    private string Path => System.IO.Path.Combine(Home, "health.json");

    private IEnumerable<string> Warnings =>
        _log.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message);

    public void Dispose()
    {
        _file?.Dispose();
        _root.Delete(recursive: true);
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Cooldowns_survive_a_restart()
    {
        await StartAsync();
        Fail("ANTHROPIC_API_KEY", GivenVerdicts.RateLimit());
        Fail("ANTHROPIC_API_KEY", GivenVerdicts.Auth());
        var before = _book.Snapshot(_time.GetUtcNow());

        await RestartAsync();

        Assert.Equal(2, before.Count);
        Assert.Equal(before, _book.Snapshot(_time.GetUtcNow()));
        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task It_is_written_within_a_second_of_a_change_for_those_who_are_killed()
    {
        await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(File.Exists(Path));

        Fail("KEY", GivenVerdicts.RateLimit());
        Assert.False(File.Exists(Path));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("\"reason\": \"rate_limit\"", await File.ReadAllTextAsync(Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_not_written_when_nothing_changed()
    {
        await StartAsync();
        Fail("KEY", GivenVerdicts.RateLimit());
        _time.Advance(TimeSpan.FromSeconds(1));
        File.Delete(Path);

        _time.Advance(TimeSpan.FromSeconds(30));
        await StopAsync();

        Assert.False(File.Exists(Path));
    }

    [Fact]
    public async Task What_is_well_again_leaves_the_file()
    {
        await StartAsync();
        Fail("KEY", GivenVerdicts.RateLimit());
        _time.Advance(TimeSpan.FromSeconds(1));

        _book.Succeeded(new("anthropic", "KEY", "claude-opus-4-6"), _time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.DoesNotContain("KEY", await File.ReadAllTextAsync(Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_own_credentials_are_not_written_down()
    {
        await StartAsync();
        Fail(HealthKey.OfClient("0011223344556677"), GivenVerdicts.Auth());
        Fail("KEY", GivenVerdicts.RateLimit());
        await StopAsync();

        var text = await File.ReadAllTextAsync(Path);

        Assert.Contains("KEY", text, StringComparison.Ordinal);
        Assert.DoesNotContain("client", text, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_file_is_for_its_user_only_and_nothing_is_left_beside_it()
    {
        await StartAsync();
        Fail("KEY", GivenVerdicts.RateLimit());
        await StopAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Equal([Path], Directory.GetFileSystemEntries(Home));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\0\0\0\0")]
    [InlineData("""{"cooldowns": 3}""")]
    [InlineData("""{"cooldowns": [{"upstream": "a", "credential": "b", "reason": "auth", "until": "soon"}]}""")]
    public async Task A_broken_file_costs_a_warning_and_is_replaced(string text)
    {
        Write(text);

        await StartAsync();
        Assert.Contains("cannot be read", Assert.Single(Warnings), StringComparison.Ordinal);
        Assert.Empty(_book.Snapshot(_time.GetUtcNow()));

        Fail("KEY", GivenVerdicts.RateLimit());
        await RestartAsync();
        Assert.Single(_book.Snapshot(_time.GetUtcNow()));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"cooldowns": [null, {}]}""")]
    [InlineData("""{"cooldowns": [{"upstream": "a", "credential": "b", "reason": "of-tomorrow", "until": "2026-07-01T13:00:00Z"}]}""")]
    [InlineData("""{"cooldowns": [{"upstream": "a", "credential": "b", "reason": "auth", "until": "2026-06-30T11:59:00Z", "step": 1}]}""")]
    public async Task What_is_unknown_or_long_over_is_left_out(string text)
    {
        Write(text);

        await StartAsync();

        Assert.Empty(_book.Snapshot(_time.GetUtcNow()));
        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_costs_one_warning()
    {
        await File.WriteAllTextAsync(Home, "a file where the folder should be");
        await StartAsync();

        for (var i = 0; i < 5; i++)
        {
            Fail($"KEY_{i}", GivenVerdicts.RateLimit());
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await StopAsync();

        Assert.Contains("cannot be written", Assert.Single(Warnings), StringComparison.Ordinal);
        Assert.Equal(5, _book.Snapshot(_time.GetUtcNow()).Count);
    }

    [Fact]
    public async Task After_the_stop_no_timer_is_left()
    {
        await StartAsync();
        Assert.Equal(1, _time.ArmedTimers);

        await StopAsync();

        Assert.Equal(0, _time.ArmedTimers);
    }

    private void Fail(string credential, Classification verdict) =>
        _book.Failed(new("anthropic", credential, "claude-opus-4-6"), verdict, _time.GetUtcNow());

    private void Write(string text)
    {
        Directory.CreateDirectory(Home);
        File.WriteAllText(Path, text);
    }

    private Task StartAsync()
    {
        _file = new HealthFile(_book, Home, _time, _log.CreateFactory().CreateLogger<HealthFile>());
        return _file.StartAsync(default);
    }

    private Task StopAsync() => _file!.StopAsync(default);

    private async Task RestartAsync()
    {
        await StopAsync();
        _book = new HealthBook(new CooldownOptions());
        await StartAsync();
    }
}
