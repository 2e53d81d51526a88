using Holdfast.Cli;

namespace Holdfast.Tests.Cli;

/// <summary>Runs commands in the process: arguments and variables in, exit code and texts out.</summary>
public abstract class CliTest : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("holdfast-cli-");
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    protected CliTest() => _variables["HOLDFAST_HOME"] = _home.FullName;

    protected string Home => _home.FullName;

    public void Dispose()
    {
        _home.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected void Variable(string name, string value) => _variables[name] = value;

    protected string WriteFile(string name, string text)
    {
        var path = Path.Combine(Home, name);
        File.WriteAllText(path, text);
        return path;
    }

    private protected async Task<CliOutcome> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await HoldfastCommandLine.RunAsync(args, _variables, output, error, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(30));
        return new(exitCode, output.ToString(), error.ToString());
    }

    private protected sealed record CliOutcome(int ExitCode, string Output, string Error);
}
