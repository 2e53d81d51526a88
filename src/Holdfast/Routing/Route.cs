using System.Collections.Immutable;
using Holdfast.Journal;
using Holdfast.Recording.Privacy;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Routing;

/// <summary>A rule made ready: which requests it is for, and the choices they have. Immutable.</summary>
internal sealed class Route
{
    private readonly ModelPattern? _pattern;
    private readonly ProtocolFamily? _family;

    /// <summary>The route of a rule in the configuration, checked.</summary>
    public Route(RouteOptions rule, UpstreamTable upstreams, RouteDefaults defaults, PassageOf passages)
    {
        _pattern = new(rule.Model);
        Name = rule.Model;
        Timeouts = RouteTimeouts.Of(defaults.Timeouts, defaults.Streaming, rule.Timeouts);
        Journal = TurnTerms.Of(defaults.Journal, rule.Journal);
        Candidate[] candidates = [.. Ranked(rule.Candidates, upstreams).Select(one => one with { Passage = passages(one.Upstream) })];
        Bodies = rule.Recording.Bodies ?? defaults.Bodies;
        Choices = [.. candidates.SelectMany(ChoicesOf)];
        SharesRanks = candidates.DistinctBy(candidate => candidate.Rank).Count() < candidates.Length
            || candidates.Any(candidate => candidate.Upstream.Credentials.Count > 1);
        _family = candidates.Where(candidate => candidate.Upstream.Name != RouteTable.Simulator)
            .Select(candidate => (ProtocolFamily?)candidate.Upstream.Family).FirstOrDefault();
    }

    /// <summary>The route to one upstream alone, for the models it is asked for.</summary>
    public Route(Upstream upstream, RouteDefaults defaults, PassageOf passages)
    {
        Name = "";
        Timeouts = RouteTimeouts.Of(defaults.Timeouts, defaults.Streaming);
        Journal = TurnTerms.Of(defaults.Journal);
        Bodies = defaults.Bodies;
        Choices = [.. ChoicesOf(new(upstream, null) { Passage = passages(upstream) })];
        SharesRanks = Choices.Length > 1;
    }

    /// <summary>The pattern as the configuration writes it; empty for a request that goes by its protocol.</summary>
    public string Name { get; }

    /// <summary>How long its attempts may be silent.</summary>
    public RouteTimeouts Timeouts { get; }

    /// <summary>How long its turns wait for a client that was lost.</summary>
    public TurnTerms Journal { get; }

    /// <summary>What the configuration says is recorded of its bodies.</summary>
    public BodyRecording Bodies { get; }

    /// <summary>Every candidate with every credential, in the order in which they are asked.</summary>
    public ImmutableArray<Choice> Choices { get; }

    /// <summary>Whether some of them are equals, which share by weight, conversation by conversation.</summary>
    public bool SharesRanks { get; }

    /// <summary>Whether it is for this model, asked for in this protocol.</summary>
    public bool Matches(string model, ProtocolFamily family) =>
        (_family is null || _family == family) && _pattern!.Matches(model);

    private static IEnumerable<Choice> ChoicesOf(Candidate candidate) =>
        candidate.Upstream.Credentials.Select(credential => new Choice(candidate, credential));

    /// <summary>Neighbours that are asked for the same model are equals if one of them bears a weight.</summary>
    private static IEnumerable<Candidate> Ranked(IReadOnlyList<CandidateOptions> candidates, UpstreamTable upstreams)
    {
        var rank = 0;
        for (var start = 0; start < candidates.Count; rank++)
        {
            var end = start + 1;
            while (end < candidates.Count && candidates[end].Model == candidates[start].Model)
            {
                end++;
            }

            var neighbours = candidates.Skip(start).Take(end - start).ToArray();
            var areEquals = neighbours.Any(neighbour => neighbour.Weight is not null);
            for (var i = 0; i < neighbours.Length; i++)
            {
                var one = neighbours[i];
                yield return new(upstreams.Find(one.Upstream) ?? throw new InvalidOperationException(
                        $"The upstream \"{one.Upstream}\" of a route does not exist here."),
                    one.Model, areEquals ? rank : rank++, one.Weight ?? 1);
            }

            start = end;
        }
    }
}
