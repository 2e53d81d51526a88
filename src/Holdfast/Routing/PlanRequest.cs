using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Holdfast.Failover;
using Holdfast.Proxy;
using Holdfast.Wire.Json;

namespace Holdfast.Routing;

/// <summary>What a walk over candidates needs to know of its request; found out only when it is asked for.</summary>
internal sealed class PlanRequest(ClientRequest request)
{
    private AffinityKey? _affinity;
    private bool _isAffinityKnown;

    /// <summary>The conversation, if anything tells it from others. It must be asked for first while the body is
    /// there.</summary>
    public AffinityKey? Affinity
    {
        get
        {
            if (!_isAffinityKnown)
            {
                _isAffinityKnown = true;
                _affinity = KeyOf(request);
            }

            return _affinity;
        }
    }

    /// <summary>The choices of a route in the order in which this request asks them: by rank, among equals by their shares
    /// of the conversations, and first of all whoever answered this conversation before.</summary>
    public (ImmutableArray<Choice> Choices, AffinityEntry? Home) Order(
        Route route, FailoverTools tools, DateTimeOffset now)
    {
        var choices = route.Choices;
        var mayHaveHome = tools.Options.Affinity.Enabled && tools.Affinity.Count > 0;
        var key = mayHaveHome || route.SharesRanks ? Affinity : null;
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

    private static AffinityKey? KeyOf(ClientRequest request)
    {
        var model = BytesOf(request.Model);
        var principal = BytesOf(request.Caller.Credential);
        if (request.Client.Session is { } session)
        {
            // One session may hold several conversations: an agent's helpers ask other models.
            return AffinityKey.From(AffinityKind.Session, principal, BytesOf(session), model);
        }

        var peek = ConversationPeek.Read(request.Body);
        if (peek.Mark == ConversationMark.None)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(hash, peek.Hash);
        return AffinityKey.From(
            peek.Mark switch
            {
                ConversationMark.User => AffinityKind.User,
                ConversationMark.CacheKey => AffinityKind.CacheKey,
                _ => AffinityKind.Prefix,
            }, principal, hash, model);
    }

    private static ReadOnlySpan<byte> BytesOf(string? text) => MemoryMarshal.AsBytes(text.AsSpan());

    private static UInt128 RandomValue(Func<double> random) =>
        new((ulong)(random() * long.MaxValue), (ulong)(random() * long.MaxValue));
}
