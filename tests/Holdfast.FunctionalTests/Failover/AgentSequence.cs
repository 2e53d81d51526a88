using System.Text.Json;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>What one real client sends in a turn with a tool call, in order: what it was told is dummy, texts and lists of
/// tools are cut short. Stands in <c>Fixtures/agents</c>.</summary>
internal sealed record AgentSequence(string Client, string Version, IReadOnlyList<AgentRequest> Requests)
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures");

    /// <summary>The files' names, without their endings.</summary>
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Path.Combine(Fixtures, "agents"), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    public static AgentSequence Read(string name) => ReadFrom("agents", name);

    /// <summary>What one sends when its answer broke, and what it sends then: <c>Fixtures/comebacks</c>.</summary>
    public static AgentSequence ReadComeback(string name) => ReadFrom("comebacks", name);

    private static AgentSequence ReadFrom(string folder, string name) => JsonSerializer.Deserialize<AgentSequence>(
        File.ReadAllText(Path.Combine(Fixtures, folder, name + ".json")), JsonSerializerOptions.Web)!;
}

/// <summary>One request as it came from the client; host and length are the connection's own.</summary>
internal sealed record AgentRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body)
{
    /// <summary>Sends it and reads the answer to its end.</summary>
    public async Task<(RawAnswer Head, string Text)> SendAsync(RawHttpClient client)
    {
        var head = await BeginAsync(client);
        return (head, await client.ReadTextAsync());
    }

    /// <summary>Sends it and reads the answer's head.</summary>
    public Task<RawAnswer> BeginAsync(RawHttpClient client) => client.RequestAsync(
        Method, Path, JsonSerializer.Serialize(Body), [.. Headers.Select(header => (header.Key, header.Value))]);
}
