using System.Text.Json;
using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>All calls one SDK is asked to make, begun at once in each runtime it has; some sit through long
/// silences.</summary>
public abstract class SdkRun
{
    private readonly IReadOnlyList<SdkCall> _calls;
    private readonly Dictionary<string, Task<IReadOnlyList<SdkResult>>> _runs;

    /// <param name="script">The script that drives the npm SDK.</param>
    /// <param name="dotnet">The same of the .NET SDK, if there is one.</param>
    /// <param name="calls">What to call, and where.</param>
    private protected SdkRun(
        string script, Func<SdkCall, SdkResult, Task>? dotnet, params IReadOnlyList<SdkCall> calls)
    {
        _calls = calls;
        _runs = new()
        {
            ["node"] = CallAsync(Repository.Node, script, calls),
            ["bun"] = CallAsync(Repository.Bun, script, calls),
        };
        if (dotnet is not null)
        {
            _runs["dotnet"] = RunAsync(dotnet);
        }
    }

    /// <summary>Runs a script that drives an npm SDK; the results are in the order of the calls.</summary>
    internal static async Task<IReadOnlyList<SdkResult>> CallAsync(
        string runtime, string script, IReadOnlyList<SdkCall> calls)
    {
        // The SDKs' own spelling.
        var input = JsonSerializer.Serialize(
            calls.Select(call => new { call.Op, call.Model, baseURL = call.BaseUrl }), ScriptJson.Options);
        var (code, output, error) = await ChildProgram.RunAsync(runtime, [Repository.NodeScript(script)], input);
        return code == 0
            ? JsonSerializer.Deserialize<SdkResult[]>(output, ScriptJson.Options)!
            : throw new InvalidOperationException($"{runtime} {script} ended with {code}:\n{error}");
    }

    /// <summary>Makes one call of a .NET SDK.</summary>
    internal static async Task<SdkResult> CallAsync(Func<SdkCall, SdkResult, Task> dotnet, SdkCall call)
    {
        var seen = new SdkResult();
        await dotnet(call, seen);
        return seen;
    }

    /// <summary>What came of a call in a runtime.</summary>
    internal async Task<SdkResult> ResultAsync(string runtime, string op, string model = "")
    {
        var results = await _runs[runtime];
        return results[_calls.ToList().FindIndex(call => call.Op == op && call.Model == model)];
    }

    private async Task<IReadOnlyList<SdkResult>> RunAsync(Func<SdkCall, SdkResult, Task> dotnet) =>
        await Task.WhenAll(_calls.Select(call => CallAsync(dotnet, call)));
}
