using System.Text.Json;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Http;

/// <summary>The HTTP stacks under the clients people use, each driven as its own users do.</summary>
internal static class HttpClients
{
    /// <summary>All of them, for theories.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["node", "bun", "python-httpx", "python-http.client", "dotnet", "curl"];

    /// <summary>Whether the gateway may send this client interim answers: Python's would break.</summary>
    public static bool TakesInterimAnswers(string client) => !client.StartsWith("python", StringComparison.Ordinal);

    /// <summary>Posts all turns at once; the results are in their order.</summary>
    public static Task<IReadOnlyList<HttpResult>> SendAsync(string client, IReadOnlyList<HttpTurn> turns) =>
        client switch
        {
            "node" => RunAsync(Repository.Node, Repository.NodeScript("fetch.mjs"), turns),
            "bun" => RunAsync(Repository.Bun, Repository.NodeScript("fetch.mjs"), turns),
            "python-httpx" => RunAsync(Repository.Python, Repository.PythonScript("httpx_client.py"), turns),
            "python-http.client" => RunAsync(Repository.Python, Repository.PythonScript("http_client.py"), turns),
            "dotnet" => DotNetHttp.SendAsync(turns),
            "curl" => Curl.SendAsync(turns),
            _ => throw new ArgumentOutOfRangeException(nameof(client), client, "Not a client."),
        };

    /// <summary>Runs a script that takes turns and prints results.</summary>
    public static async Task<IReadOnlyList<HttpResult>> RunAsync(
        string runtime, string script, IReadOnlyList<HttpTurn> turns, params string[] arguments)
    {
        var input = JsonSerializer.Serialize(turns, ScriptJson.Options);
        var (code, output, error) = await ChildProgram.RunAsync(runtime, [script, .. arguments], input);
        return code == 0
            ? JsonSerializer.Deserialize<HttpResult[]>(output, ScriptJson.Options)!
            : throw new InvalidOperationException($"{runtime} {script} ended with {code}:\n{error}");
    }
}
