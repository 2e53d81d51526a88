using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Reload;
using Holdfast.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Reload;

/// <summary>A changed file is read again once it has stayed the same, however it is written.</summary>
public sealed class ConfigurationWatchTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-watch-");
    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private int _loads;
    private WebApplication _app = null!;

    private string File => Path.Combine(_folder.FullName, "holdfast.json");

    private ConfigurationInForce InForce => _app.Services.GetRequiredService<Reloader>().InForce;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
        _log.Dispose();
    }

    [Fact]
    public async Task A_change_holds_when_it_was_seen_twice_and_is_read_once()
    {
        await StartAsync("{}");

        Write("""{ "errors": "verbatim" }""");
        Look();
        Assert.Equal((0, "profile"), (_loads, InForce.Options.Errors));
        Look();
        Look();
        Look();

        Assert.Equal((1, "verbatim"), (_loads, InForce.Options.Errors));
    }

    [Fact]
    public async Task What_is_written_in_several_steps_is_read_after_the_last_one()
    {
        await StartAsync("{}");

        foreach (var part in new[] { "{", """{ "errors" """, """{ "errors": "verbatim" """, """{ "errors": "verbatim" }""" })
        {
            Write(part);
            Look();
        }

        Assert.Equal(0, _loads);
        Look();
        Assert.Equal((1, "verbatim"), (_loads, InForce.Options.Errors));
        Assert.Null(InForce.Refused);
    }

    [Fact]
    public async Task A_file_that_is_gone_changes_nothing_and_what_comes_in_its_place_is_read()
    {
        await StartAsync("""{ "errors": "verbatim" }""");

        System.IO.File.Delete(File);
        Look();
        Look();
        Look();
        Assert.Equal((0, "verbatim"), (_loads, InForce.Options.Errors));

        Write("""{ "errors": "profile" }""");
        Look();
        Look();
        Assert.Equal((1, "profile"), (_loads, InForce.Options.Errors));
    }

    [Fact]
    public async Task A_file_that_appears_is_read()
    {
        await StartAsync(text: null);

        Write("""{ "errors": "verbatim" }""");
        Look();
        Look();

        Assert.Equal((1, "verbatim"), (_loads, InForce.Options.Errors));
        Assert.Equal(File, InForce.File);
    }

    [Fact]
    public async Task A_link_that_points_elsewhere_from_now_on_is_a_change_whatever_the_times_of_the_files_are()
    {
        await StartAsync("{}");
        var (one, two) = (Path.Combine(_folder.FullName, "one"), Path.Combine(_folder.FullName, "two"));
        await System.IO.File.WriteAllTextAsync(one, "{}");
        await System.IO.File.WriteAllTextAsync(two, """{ "debug": true}""");
        System.IO.File.SetLastWriteTimeUtc(two, System.IO.File.GetLastWriteTimeUtc(one));
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, one);
        Look();
        Look();

        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, two);
        Look();
        Look();

        Assert.True(InForce.Options.Debug);
    }

    [Theory]
    [InlineData("{", "is not")]
    [InlineData("""{ "errors": "sometimes" }""", "errors")]
    [InlineData("""{ "errros": "verbatim" }""", "did you mean")]
    public async Task What_is_wrong_is_refused_once_and_the_right_one_after_it_holds(string wrong, string told)
    {
        await StartAsync("""{ "errors": "verbatim" }""");
        _log.Expect("is refused");

        Write(wrong);
        for (var i = 0; i < 5; i++)
        {
            Look();
        }

        Assert.Equal((1, "verbatim"), (_loads, InForce.Options.Errors));
        Assert.Contains(told, string.Join('\n', InForce.Refused!.Errors), StringComparison.Ordinal);
        Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Error);

        // Taken back: what holds is what the file says, and the refusal is history.
        Write("""{ "errors": "verbatim" }""");
        Look();
        Look();
        Assert.Equal((2, null), (_loads, InForce.Refused));
    }

    private void Write(string text) => System.IO.File.WriteAllText(File, text);

    private void Look() => _time.Advance(ConfigurationWatch.Interval);

    private async Task StartAsync(string? text)
    {
        if (text is not null)
        {
            Write(text);
        }

        ConfigurationResult Load() => HoldfastConfiguration.Load(new()
        {
            Home = _folder.FullName, Listen = ["http://127.0.0.1:0"],
        });
        var first = Load();
        _app = GatewayApp.Build(first.Options, new()
        {
            Time = _time,
            ExchangeLog = Stream.Null,
            Diagnostics = Stream.Null,
            ConfigurationFile = first.File,
            WatchedFile = File,
            LoadConfiguration = () =>
            {
                _loads++;
                return Load();
            },
            Configure = services => services.AddSingleton<ILoggerProvider>(_log),
        });
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }
}
