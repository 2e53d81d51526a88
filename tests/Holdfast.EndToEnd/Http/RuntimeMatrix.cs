using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Http;

/// <summary>Every HTTP client's run of every turn of the matrix, all begun at once: most of it is waiting, and none of
/// the waiting can be shortened, since the clocks under test are the clients' own and the kernel's.</summary>
public sealed class RuntimeMatrix
{
    private readonly Dictionary<string, Task<IReadOnlyList<HttpResult>>> _runs;
    private readonly List<(string Scenario, string Protocol)> _turns = [];

    public RuntimeMatrix(Gateways gateways)
    {
        foreach (var scenario in Scenarios.Keys)
        {
            _turns.AddRange(SampleRequests.Protocols.Select(protocol => (scenario, protocol)));
        }

        _runs = HttpClients.Names.ToDictionary(client => client, client => HttpClients.SendAsync(client,
            [.. _turns.Select(turn => Scenarios[turn.Scenario](gateways, client, turn.Protocol))]));
    }

    private static Dictionary<string, Func<Gateways, string, string, HttpTurn>> Scenarios { get; } = new()
    {
        ["cut"] = (gateways, _, protocol) => Turn(gateways.Plain, protocol, "sim-n5-i50-rst3"),
        ["silence"] = (gateways, _, protocol) => Turn(gateways.PlainThroughRelay, protocol, "sim-stall2x40000"),
        ["refusal"] = (gateways, _, protocol) => Turn(gateways.Plain, protocol, "sim-rst0"),
        ["late refusal"] = (gateways, _, protocol) => Turn(gateways.Early, protocol, "sim-d3000-rst0"),
        ["late start"] = (gateways, _, protocol) => Turn(gateways.EarlyThroughRelay, protocol, "sim-d35000"),
        ["long whole"] = (gateways, client, protocol) => Turn(
            HttpClients.TakesInterimAnswers(client) ? gateways.PlainThroughRelay : gateways.Plain,
            protocol, "sim-d35000", stream: false),
    };

    /// <summary>What a client saw of a scenario in a protocol, once its run is over.</summary>
    internal async Task<HttpResult> ResultAsync(string client, string scenario, string protocol) =>
        (await _runs[client])[_turns.IndexOf((scenario, protocol))];

    private static HttpTurn Turn(string baseUrl, string protocol, string model, bool stream = true)
    {
        var (path, body) = SampleRequests.Turn(protocol, model, stream);
        return new(baseUrl + path, body);
    }
}
