using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Sources;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Configuration;

/// <summary>Rules of the list <c>routes</c>: what its candidates point at, and whether each route can be reached.</summary>
internal sealed class RouteRules(HoldfastOptions options, SettingsReading reading)
{
    public void Check()
    {
        for (var index = 0; index < options.Routes.Count; index++)
        {
            CheckCandidates(options.Routes[index].Candidates, $"routes[{index}].candidates");
            CheckReached(index);
        }
    }

    private void CheckCandidates(IReadOnlyList<CandidateOptions> candidates, string path)
    {
        var seen = new HashSet<(string Upstream, string? Model)>();
        CandidateOptions? spokesman = null;
        for (var index = 0; index < candidates.Count; index++)
        {
            var (candidate, place) = (candidates[index], $"{path}[{index}]");
            if (candidate.Upstream.Length == 0)
            {
                // Missing or wrong, which is an error already.
                continue;
            }

            if (UpstreamProblem(candidate.Upstream) is { } problem)
            {
                RejectUpstream(candidate, place, problem);
                continue;
            }

            if (!seen.Add((candidate.Upstream.ToUpperInvariant(), candidate.Model)))
            {
                var text = candidate.Model is null ? candidate.Upstream : $"{candidate.Upstream}/{candidate.Model}";
                reading.RejectRule(place, text, "is given twice: keep one of them.");
                continue;
            }

            if (ProtocolOf(candidate) is { } protocol)
            {
                spokesman ??= candidate;
                if (protocol != ProtocolOf(spokesman))
                {
                    RejectUpstream(candidate, place, OtherProtocol(candidate, spokesman));
                }
            }
        }
    }

    private string OtherProtocol(CandidateOptions candidate, CandidateOptions first) =>
        $"speaks {WordOf(candidate)}, but \"{first.Upstream}\" before it speaks {WordOf(first)}: "
        + "a route's candidates speak one protocol, give this one a route of its own.";

    private string? UpstreamProblem(string name)
    {
        if (IsSimulator(name))
        {
            return options.Listen.All(AddressRules.IsLoopback)
                ? null
                : "exists only where every listener is loopback: remove it, or listen on 127.0.0.1 only.";
        }

        if (options.Upstreams.ContainsKey(name) || reading.IsWrong("upstreams") || reading.IsWrong($"upstreams.{name}"))
        {
            return null;
        }

        if (UpstreamOptions.BuiltIn.ContainsKey(name) || reading.IsGiven($"upstreams.{name}"))
        {
            return "is switched off in \"upstreams\": remove it here, or the false there.";
        }

        string[] names = [.. options.Upstreams.Keys, RouteTable.Simulator];
        return "is no upstream: " + (NearestName.Of(name, names) is { } nearest
            ? $"did you mean \"{nearest}\"?"
            : $"add it to \"upstreams\", or write one of {string.Join(", ", names)}.");
    }

    // A route that another always answers for is a mistake nobody would notice.
    private void CheckReached(int index)
    {
        var route = options.Routes[index];
        for (var before = 0; before < index; before++)
        {
            var earlier = options.Routes[before];
            if (Covers(earlier, route))
            {
                var problem = IsSame(earlier.Model, route.Model)
                    ? $"is the model of routes[{before}] too: put the candidates of both into one."
                    : $"is never reached: routes[{before}] ({SettingsReading.Quote(earlier.Model)}) answers first, "
                        + "put this one before it.";
                reading.RejectRule($"routes[{index}].model", route.Model, problem);
                return;
            }
        }
    }

    /// <summary>Whether the earlier route takes everything the later one is for. A route is for its candidates' protocol
    /// only; one of simulators alone is for each.</summary>
    private bool Covers(RouteOptions earlier, RouteOptions later)
    {
        if (earlier.Model.Length == 0 || later.Model.Length == 0 || earlier.Candidates.Count == 0
            || !(earlier.Candidates.All(candidate => IsSimulator(candidate.Upstream))
                || (ProtocolOf(earlier) is { } protocol && protocol == ProtocolOf(later))))
        {
            return false;
        }

        return later.Model.Contains('*', StringComparison.Ordinal)
            ? IsSame(earlier.Model, later.Model) || earlier.Model.All(letter => letter == '*')
            : new ModelPattern(earlier.Model).Matches(later.Model);
    }

    private ProtocolFamily? ProtocolOf(RouteOptions route) =>
        route.Candidates.Select(ProtocolOf).FirstOrDefault(protocol => protocol is not null);

    // Null for the simulator, which speaks each, and for what is an error already.
    private ProtocolFamily? ProtocolOf(CandidateOptions candidate) =>
        options.Upstreams.TryGetValue(candidate.Upstream, out var upstream)
        && !reading.IsWrong($"upstreams.{candidate.Upstream}.protocol")
            ? upstream.Protocol
            : null;

    private string WordOf(CandidateOptions candidate) =>
        SettingsTable.Protocols.WordOf(options.Upstreams[candidate.Upstream].Protocol);

    private void RejectUpstream(CandidateOptions candidate, string place, string problem) =>
        reading.RejectRule(
            reading.IsGiven($"{place}.upstream") ? $"{place}.upstream" : place, candidate.Upstream, problem);

    private static bool IsSimulator(string upstream) => IsSame(upstream, RouteTable.Simulator);

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
