using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Wire.Json;

namespace Holdfast.Requests;

/// <summary>What the turn of a request is told by: digests of its body with who asks, found when they are first asked for. The
/// body is read for each once at most, and for those that are wanted before it goes.</summary>
internal sealed class TurnIdentity(ClientRequest request) : ITurnSource
{
    /// <summary>Reading a larger body takes a noticeable part of a millisecond.</summary>
    private const int LargestReadInPlace = 128 * 1024;

    private CanonicalBody? _canonical;
    private Conversation? _conversation;
    private AffinityKey? _affinity;
    private TurnRequest? _turn;
    private bool _isConversationRead;
    private bool _isHashed;
    private bool _isAffinityKnown;

    /// <summary>Whether <see cref="Affinity"/> is asked for when the answer has come, and the body may be gone.</summary>
    public bool WantsAffinity { get; set; }

    /// <summary>What the body asks for, by a hash that does not mind what clients change when they ask again; null where it is
    /// no JSON object.</summary>
    public UInt128? CanonicalHash => Canonical?.Hash;

    /// <summary>The conversation, if anything tells it from others.</summary>
    public AffinityKey? Affinity
    {
        get
        {
            if (!_isAffinityKnown)
            {
                (_affinity, _isAffinityKnown) = (ReadAffinity(), true);
            }

            return _affinity;
        }
    }

    /// <summary>The question it goes on from, with a part of the answer behind it; null where it asks for something new.</summary>
    public TurnKey? Question => RetryRules.GoesOn(request.Client) && Conversation is { Question: { } end } said
        ? KeyOf(said, end)
        : null;

    /// <inheritdoc/>
    public TurnRequest? Identify()
    {
        if (_turn is null && Canonical is { } body)
        {
            var client = request.Client;
            var isNamed = client.Turn is not null || client.IdempotencyKey is not null;
            _turn = new(
                TurnKey.Of(request.Caller.Fingerprint, client.Session, $"{request.Path.UnstreamedTarget}\n{WhereTo}", body.Hash,
                    isNamed ? $"{client.Turn}\n{client.IdempotencyKey}" : null),
                client.Session is null ? null : TurnKey.Of(request.Caller.Principal, client.Session, request.Model ?? "", 0),
                new(request.WantsStream, request.Path.StreamsAsArray, body.Options), isNamed,
                int.TryParse(client.RetryCount, CultureInfo.InvariantCulture, out var retries) ? retries : null,
                RetryRules.MarkOf(request),
                RetryRules.GoesOn(client) && Conversation is { Ends.Length: > 0 } said
                    ? KeyOf(said, said.Ends.Length - 1)
                    : null);
        }

        return _turn;
    }

    /// <summary>Makes <see cref="CanonicalHash"/> known.</summary>
    public async ValueTask HashAsync()
    {
        if (!_isHashed && request.Body.Length > LargestReadInPlace)
        {
            // Not on a thread that other sockets wait for.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        _ = CanonicalHash;
    }

    /// <summary>The body is about to go: what will be asked for later is read now. Whether the turn is, is known: who lets it be
    /// found has asked for its hash.</summary>
    public void BeforeBodyGoes()
    {
        if (_isHashed)
        {
            _ = Identify();
        }

        if (WantsAffinity)
        {
            _ = Affinity;
        }
    }

    private CanonicalBody? Canonical
    {
        get
        {
            if (!_isHashed)
            {
                (_canonical, _isHashed) = (CanonicalBody.Read(request.Body), true);
            }

            return _canonical;
        }
    }

    private Conversation? Conversation
    {
        get
        {
            if (!_isConversationRead)
            {
                (_conversation, _isConversationRead) = (Conversation.Read(request.Body), true);
            }

            return _conversation;
        }
    }

    private string WhereTo => $"{request.Path.Product}\n{request.Client.Upstream}";

    // Another target than that of the whole question: one is never taken for the other.
    private TurnKey KeyOf(Conversation said, int end) => TurnKey.Of(
        request.Caller.Fingerprint, request.Client.Session, $"{request.Path.UnstreamedTarget} and on\n{WhereTo}",
        said.Rest + said.Ends[end]);

    private AffinityKey? ReadAffinity()
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
        BinaryPrimitives.WriteUInt128BigEndian(hash, peek.Hash);
        return AffinityKey.From(
            peek.Mark switch
            {
                ConversationMark.User => AffinityKind.User,
                ConversationMark.CacheKey => AffinityKind.CacheKey,
                _ => AffinityKind.Prefix,
            }, principal, hash, model);
    }

    private static ReadOnlySpan<byte> BytesOf(string? text) => MemoryMarshal.AsBytes(text.AsSpan());
}
