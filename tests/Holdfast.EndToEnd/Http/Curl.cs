using System.Text.Json;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Http;

/// <summary>curl, a process a turn.</summary>
internal static class Curl
{
    public static async Task<IReadOnlyList<HttpResult>> SendAsync(
        IReadOnlyList<HttpTurn> turns, params string[] options) =>
        await Task.WhenAll(turns.Select(turn => SendAsync(turn, options)));

    /// <summary>Runs curl with these arguments; its failure is our failure.</summary>
    public static async Task<string> GetAsync(params string[] arguments)
    {
        var (code, output, error) = await ChildProgram.RunAsync("curl", ["-sS", "--max-time", "60", .. arguments]);
        return code == 0 ? output : throw new InvalidOperationException($"curl ended with {code}: {error}");
    }

    private static async Task<HttpResult> SendAsync(HttpTurn turn, string[] options)
    {
        var (code, output, error) = await ChildProgram.RunAsync("curl",
            [
                "-sS", "-N", "--max-time", "120", "-H", "content-type: application/json", "--data-binary", "@-",
                "-w", """%{stderr}{"status":"%{http_code}","headers":%{header_json}}""", .. options, turn.Url,
            ],
            turn.Body);

        // What went wrong stands before it.
        var at = error.IndexOf("{\"status\"", StringComparison.Ordinal);
        var answer = JsonSerializer.Deserialize<JsonElement>(error[at..]);
        var headers = answer.GetProperty("headers").EnumerateObject()
            .ToDictionary(header => header.Name, header => string.Join(", ", header.Value.EnumerateArray()));
        var status = int.Parse(answer.GetProperty("status").GetString()!);
        return new(status, headers, output, code == 0 ? null : error[..at]);
    }
}
