using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Agents;

/// <summary>How an agent is asked for one turn: its command line, and what its environment and home hold.</summary>
internal sealed record AgentCommand(string File, params IReadOnlyList<string> Arguments)
{
    // Longer than any failure in these tests takes, shorter than what an agent's own retries take.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    /// <summary>Nothing listens there: what an agent looks up beside the gateway fails at once.</summary>
    private const string NoProxyAtAll = "http://127.0.0.1:9";

    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>Files in its home.</summary>
    public IReadOnlyList<(string Path, string Text)> Files { get; init; } = [];

    /// <summary>Its standard input.</summary>
    public string? Input { get; init; }

    /// <summary>Runs it to its end in a home of its own, in an empty folder, with nothing of whoever runs the tests.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync()
    {
        var home = Directory.CreateTempSubdirectory("holdfast-agent-");
        try
        {
            foreach (var (path, text) in Files)
            {
                var file = new FileInfo(Path.Combine(home.FullName, path));
                file.Directory!.Create();
                await System.IO.File.WriteAllTextAsync(file.FullName, text);
            }

            var folder = home.CreateSubdirectory("project");
            await using var program = ChildProgram.Start(
                "/usr/bin/env", ["-i", "-C", folder.FullName, .. VariablesIn(home), File, .. Arguments], Input);
            return (await program.ExitAsync(Longest), program.Output, program.Error);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private IEnumerable<string> VariablesIn(DirectoryInfo home) =>
    [
        $"HOME={home.FullName}",
        $"PATH={System.Environment.GetEnvironmentVariable("PATH")}",
        "LANG=C.UTF-8",
        .. new[] { "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy" }.Select(name => $"{name}={NoProxyAtAll}"),
        .. new[] { "NO_PROXY", "no_proxy" }.Select(name => $"{name}=127.0.0.1,localhost"),
        .. Environment.Select(variable => $"{variable.Name}={variable.Value}"),
    ];
}
