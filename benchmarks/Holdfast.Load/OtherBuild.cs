using System.Diagnostics;

namespace Holdfast.Load;

/// <summary>Another build of the gateway: the command that serves with it, or what is wrong with its folder.</summary>
internal sealed record OtherBuild(string? Command, string? Problem)
{
    private const string Name = "holdfast";
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(30);
    private static readonly byte[] StartOfProgram = [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    /// <param name="folder">A folder with a published program, or a checkout that was built.</param>
    /// <param name="home">Where the trial writes.</param>
    public static async Task<OtherBuild> InAsync(string folder, string home)
    {
        if (!Directory.Exists(folder))
        {
            return new(null, "there is no such folder");
        }

        // A checkout also has a holdfast at its root: the wrapper, which would build. It is no program.
        string[] places = [Path.Combine(folder, "artifacts", Name, Name), Path.Combine(folder, Name)];
        if (places.FirstOrDefault(IsProgram) is not { } program)
        {
            return new(null, "no built program is there (neither holdfast nor artifacts/holdfast/holdfast): build it first, "
                + "for example by ./holdfast --version in that checkout");
        }

        var command = $"'{Path.GetFullPath(program).Replace("'", "'\\''", StringComparison.Ordinal)}'";
        using var trial = ChildProcess.Start($"{command} --version", home);
        var started = Stopwatch.GetTimestamp();
        while (!trial.HasExited && Stopwatch.GetElapsedTime(started) < LongestAnswer)
        {
            await Task.Delay(10);
        }

        return trial is { HasExited: true, ExitCode: 0 }
            ? new($"{command} serve --config {{config}} --listen {{listen}}", null)
            : new(null, $"its program does not run:\n{trial.Log}");
    }

    private static bool IsProgram(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        Span<byte> start = stackalloc byte[StartOfProgram.Length];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual(StartOfProgram);
    }
}
