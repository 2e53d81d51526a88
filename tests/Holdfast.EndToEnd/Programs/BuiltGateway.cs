using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.EndToEnd.Programs;

/// <summary><c>./holdfast serve</c> as a child process with a home of its own. Owns both.</summary>
internal sealed partial class BuiltGateway : IAsyncDisposable
{
    // The first start may build the program.
    private static readonly Lazy<Task> Built = new(BuildAsync);

    private readonly DirectoryInfo _home;
    private readonly bool _ownsHome;

    private BuiltGateway(DirectoryInfo home, bool ownsHome, ChildProgram program) =>
        (_home, _ownsHome, Program) = (home, ownsHome, program);

    /// <summary>The process.</summary>
    public ChildProgram Program { get; }

    /// <summary>Its <c>HOLDFAST_HOME</c>.</summary>
    public string Home => _home.FullName;

    /// <summary>The address of its start line.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The address of its start line as a base URL for clients.</summary>
    public string BaseUrl => Address.GetLeftPart(UriPartial.Authority);

    /// <summary>The records of the exchanges that have ended, from its standard output.</summary>
    public IReadOnlyList<JsonElement> Records =>
    [
        .. Program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
    ];

    /// <summary>Starts one and waits for its start line.</summary>
    /// <param name="configuration">Its <c>holdfast.json</c>; none by default, so that all defaults hold.</param>
    /// <param name="listen">Where it listens; a free port by default.</param>
    /// <param name="environment">What its environment holds besides <c>HOLDFAST_HOME</c>.</param>
    public static async Task<BuiltGateway> StartAsync(
        string? configuration = null, string listen = "http://127.0.0.1:0",
        params (string Name, string Value)[] environment)
    {
        var home = Directory.CreateTempSubdirectory("holdfast-e2e-");
        if (configuration is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(home.FullName, "holdfast.json"), configuration);
        }

        return await StartAsync(home, ownsHome: true, listen, environment);
    }

    /// <summary>Starts one by way of another program (<c>nohup</c>).</summary>
    /// <param name="configuration">Its <c>holdfast.json</c>.</param>
    /// <param name="through">That program, with its arguments.</param>
    public static async Task<BuiltGateway> StartAsync(string configuration, IReadOnlyList<string> through)
    {
        var home = Directory.CreateTempSubdirectory("holdfast-e2e-");
        await File.WriteAllTextAsync(Path.Combine(home.FullName, "holdfast.json"), configuration);
        return await StartAsync(home, ownsHome: true, "http://127.0.0.1:0", [], [.. through]);
    }

    /// <summary>Starts one in a home that is there already, and stays.</summary>
    public static Task<BuiltGateway> StartInAsync(TemporaryHome home) =>
        StartAsync(new DirectoryInfo(home.Path), ownsHome: false, "http://127.0.0.1:0", []);

    private static async Task<BuiltGateway> StartAsync(
        DirectoryInfo home, bool ownsHome, string listen, (string Name, string Value)[] environment, params string[] through)
    {
        await Built.Value;
        string[] command = [.. through, Repository.Holdfast, "serve", "--listen", listen];
        var gateway = new BuiltGateway(home, ownsHome, ChildProgram.Start(
            command[0], command[1..], null, [("HOLDFAST_HOME", home.FullName), .. environment]));
        try
        {
            var line = await gateway.Program.ErrorLineAsync(StartLine());
            gateway.Address = new Uri(line.Groups["address"].Value);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        if (_ownsHome)
        {
            _home.Delete(recursive: true);
        }
    }

    private static async Task BuildAsync()
    {
        await using var build = ChildProgram.Start(Repository.Holdfast, ["--version"]);
        if (await build.ExitAsync(TimeSpan.FromMinutes(10)) != 0)
        {
            throw new InvalidOperationException($"./holdfast --version failed:\n{build.Error}");
        }
    }

    [GeneratedRegex(@"^Holdfast \S+ listens on (?<address>\S+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex StartLine();
}
