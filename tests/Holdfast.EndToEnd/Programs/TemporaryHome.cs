namespace Holdfast.EndToEnd.Programs;

/// <summary>A <c>HOLDFAST_HOME</c> for commands that are to end by themselves. Owns the folder.</summary>
internal sealed class TemporaryHome : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-e2e-");

    public string Path => _folder.FullName;

    /// <summary>Runs <c>./holdfast</c> with these arguments to its end.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        ChildProgram.RunAsync(Repository.Holdfast, arguments, null, ("HOLDFAST_HOME", Path));

    public void Dispose() => _folder.Delete(recursive: true);
}
