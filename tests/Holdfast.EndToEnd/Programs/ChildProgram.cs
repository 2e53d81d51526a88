using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Programs;

/// <summary>A child process: what it is given, what it prints, how it ends. Owns it; disposing kills it.</summary>
internal sealed partial class ChildProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Printed _output = new();
    private readonly Printed _error = new();

    private ChildProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => _error.Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What stands on its standard output so far.</summary>
    public string Output => _output.ToString();

    /// <summary>What stands on its standard error so far.</summary>
    public string Error => _error.ToString();

    /// <summary>Starts a program in an environment without the settings and keys of whoever runs the tests.</summary>
    public static ChildProgram Start(
        string file, IEnumerable<string> arguments, string? input = null,
        params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in start.Environment.Keys.Where(name => Foreign().IsMatch(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        // Nothing here is to leave the machine by its proxy; a build may need it.
        foreach (var name in (ReadOnlySpan<string>)["NO_PROXY", "no_proxy"])
        {
            start.Environment[name] = $"127.0.0.1,localhost,{Environment.GetEnvironmentVariable(name)}";
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var program = new ChildProgram(start);
        program.Feed(input);
        return program;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its exit code and what it printed.</returns>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string file, IEnumerable<string> arguments, string? input = null,
        params (string Name, string Value)[] environment)
    {
        await using var program = Start(file, arguments, input, environment);
        var code = await program.ExitAsync();
        return (code, program.Output, program.Error);
    }

    /// <summary>Waits until it has printed a line on standard error that matches; fails when it ends before.</summary>
    public Task<Match> ErrorLineAsync(Regex pattern) => _error.WhenAsync(pattern).WithinTestTimeout();

    /// <summary>Waits until it has printed a line on standard output that matches; fails when it ends before.</summary>
    public Task<Match> OutputLineAsync(Regex pattern) => _output.WhenAsync(pattern).WithinTestTimeout();

    /// <summary>Waits until it has ended and everything it printed is here.</summary>
    /// <param name="longest">How long; by default two minutes, since some clients sit through long silences.</param>
    public async Task<int> ExitAsync(TimeSpan? longest = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(longest ?? TimeSpan.FromMinutes(2));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} did not end.\n{Output}\n{Error}", late);
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it where it stands (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async void Feed(string? input)
    {
        try
        {
            await _process.StandardInput.WriteAsync(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says why.
        }
    }

    [GeneratedRegex("^(HOLDFAST|ANTHROPIC|OPENAI|GOOGLE|GEMINI|OTEL|CLAUDE)_|_TIMEOUT$|^DEBUG$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Foreign();

    /// <summary>Lines as they come. Safe for use from any thread.</summary>
    private sealed class Printed
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();
        private readonly List<(Regex Pattern, TaskCompletionSource<Match> Seen)> _waiting = [];

        /// <param name="line">Null at the end.</param>
        public void Add(string? line)
        {
            lock (_gate)
            {
                _text.Append(line).Append(line is null ? "" : "\n");
                var text = _text.ToString();
                _waiting.RemoveAll(wait => Answer(wait.Pattern.Match(text), wait.Seen, isOver: line is null));
            }
        }

        public Task<Match> WhenAsync(Regex pattern)
        {
            var seen = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                if (!Answer(pattern.Match(_text.ToString()), seen, isOver: false))
                {
                    _waiting.Add((pattern, seen));
                }
            }

            return seen.Task;
        }

        public override string ToString()
        {
            lock (_gate)
            {
                return _text.ToString();
            }
        }

        private bool Answer(Match match, TaskCompletionSource<Match> seen, bool isOver)
        {
            if (match.Success)
            {
                return seen.TrySetResult(match);
            }

            return isOver
                && seen.TrySetException(new InvalidOperationException($"It ended before that line:\n{_text}"));
        }
    }
}
