using System.Collections.Immutable;
using Holdfast.Failover;
using Holdfast.Requests;

namespace Holdfast.Routing;

/// <summary>In which order a request asks the choices of its route.</summary>
internal static class ChoiceOrder
{
    /// <summary>The choices of a route in the order in which this request asks them: by rank, among equals by their shares
    /// of the conversations, and first of all whoever answered this conversation before.</summary>
    public static (ImmutableArray<Choice> Choices, AffinityEntry? Home) For(
        ClientRequest request, Route route, FailoverTools tools, DateTimeOffset now)
    {
        var choices = route.Choices;
        var mayHaveHome = tools.Options.Affinity.Enabled && tools.Affinity.Count > 0;
        var key = mayHaveHome || route.SharesRanks ? request.Identity.Affinity : null;
        if (route.SharesRanks)
        {
            // Who cannot be told from others is spread by chance.
            var shares = key ?? new AffinityKey(RandomValue(tools.Random));
            choices = [.. choices
                .OrderBy(choice => choice.Candidate.Rank)
                .ThenBy(choice => WeightedOrder.Score(shares, choice.Candidate.Name, choice.Candidate.Weight))
                .ThenBy(choice => shares.Share($"{choice.Candidate.Name} {choice.Credential.Name}"))];
        }

        if (key is not { } conversation || !mayHaveHome
            || tools.Affinity.Find(conversation, now) is not { } home)
        {
            return (choices, null);
        }

        var at = choices.ToList().FindIndex(choice =>
            choice.Candidate.Name == home.Candidate && choice.Credential.Name == home.Credential);
        return (at switch
        {
            < 0 => choices,
            0 => choices,
            _ => [choices[at], .. choices.Where((_, i) => i != at)],
        }, at < 0 ? null : home);
    }

    private static UInt128 RandomValue(Func<double> random) =>
        new((ulong)(random() * long.MaxValue), (ulong)(random() * long.MaxValue));
}
