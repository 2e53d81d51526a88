using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Clients;
using Holdfast.Journal;
using Holdfast.Wire;
using Holdfast.Wire.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Requests;

/// <summary>What the client asks for: the body once, in pooled memory, and the few facts peeked out of it.</summary>
internal sealed class ClientRequest(HttpContext http, WirePath path, ClientHeaders client) : ITurnSource, IDisposable
{
    /// <summary>Reading a larger body takes a noticeable part of a millisecond.</summary>
    private const int LargestReadInPlace = 128 * 1024;

    private CanonicalBody? _canonical;
    private Conversation? _conversation;
    private bool _isConversationRead;
    private bool _isHashed;
    private TurnRequest? _identity;
    private readonly PooledBytes _body = new(http.Request.ContentLength ?? 0);

    /// <summary>The HTTP request.</summary>
    public HttpRequest Http => http.Request;

    /// <summary>Protocol, operation and target.</summary>
    public WirePath Path => path;

    /// <summary>Who calls, and what it asks of us.</summary>
    public ClientHeaders Client => client;

    /// <summary>More of the body has come.</summary>
    public void Append(in ReadOnlySequence<byte> bytes) => _body.Append(bytes);

    /// <summary>Owns the memory of the body: who reads it in its own time takes a lease.</summary>
    public PooledBytes Memory => _body;

    /// <summary>The body as received; empty without one.</summary>
    public ReadOnlySequence<byte> Body => _body.Bytes;

    /// <summary>Whether the request has a body at all, be it empty.</summary>
    public bool HasBody { get; } = http.Request.ContentLength is not null
        || http.Request.Headers.TransferEncoding.Count > 0
        || http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    /// <summary>The model asked for; null where the request names none or cannot be read.</summary>
    public string? Model { get; set; } = path.ModelInPath;

    /// <summary>Where the model stands in the body, quotes included; of no length where it stands elsewhere or nowhere.</summary>
    public (long Start, int Length) ModelAt { get; set; }

    /// <summary>Whether the client's connection was lost before the body was whole.</summary>
    public bool ClientLeft { get; set; }

    /// <summary>Whether the client asks for a stream.</summary>
    public bool WantsStream { get; set; } = path.StreamsByPath;

    /// <summary>Whether a stream may be opened and kept alive before the upstream has answered.</summary>
    public bool CanBeOpenedEarly => WantsStream && path.Operation == WireOperation.Generate && !path.StreamsAsArray;

    /// <inheritdoc/>
    public TurnRequest? Identify()
    {
        if (_identity is null && Canonical is { } body)
        {
            var principal = Principal;
            var isNamed = client.Turn is not null || client.IdempotencyKey is not null;
            _identity = new(
                TurnKey.Of(principal, client.Session, $"{path.UnstreamedTarget}\n{client.Upstream}", body.Hash,
                    isNamed ? $"{client.Turn}\n{client.IdempotencyKey}" : null),
                client.Session is null ? null : TurnKey.Of(principal, client.Session, Model ?? "", 0),
                new(WantsStream, path.StreamsAsArray, body.Options), isNamed,
                int.TryParse(client.RetryCount, CultureInfo.InvariantCulture, out var retries) ? retries : null,
                RetryRules.MarkOf(this),
                RetryRules.GoesOn(client) && Conversation is { Ends.Length: > 0 } said ? KeyOf(principal, said, said.Ends.Length - 1) : null);
        }

        return _identity;
    }

    /// <summary>The question it goes on from, with a part of the answer behind it; null where it asks for something new.</summary>
    public TurnKey? Question => RetryRules.GoesOn(client) && Conversation is { Question: { } end } said
        ? KeyOf(Principal, said, end)
        : null;

    /// <summary>What the body asks for, by a hash that does not mind what clients change when they ask again; null where it is
    /// no JSON object. Asked for first while the body is there.</summary>
    public UInt128? CanonicalHash => Canonical?.Hash;

    /// <summary>Makes <see cref="CanonicalHash"/> known.</summary>
    public async ValueTask HashAsync()
    {
        if (!_isHashed && Body.Length > LargestReadInPlace)
        {
            // Not on a thread that other sockets wait for.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        _ = CanonicalHash;
    }

    /// <summary>Lets go of the body's memory: no attempt will send it again. One that still does keeps it for so long.</summary>
    public void ReleaseBody() => _body.Dispose();

    public void Dispose() => _body.Dispose();

    /// <summary>Every credential there is: a placeholder in one header must not make two people one. Without any the machine
    /// has to do.</summary>
    private string Principal => client.Credential is null
        ? http.Connection.RemoteIpAddress?.ToString() ?? ""
        : $"{Http.Headers["x-api-key"]}\n{Http.Headers["x-goog-api-key"]}\n{Http.Headers.Authorization}";

    private Conversation? Conversation
    {
        get
        {
            if (!_isConversationRead)
            {
                (_conversation, _isConversationRead) = (Conversation.Read(Body), true);
            }

            return _conversation;
        }
    }

    // Another target than that of the whole question: one is never taken for the other.
    private TurnKey KeyOf(string principal, Conversation said, int end) => TurnKey.Of(
        principal, client.Session, $"{path.UnstreamedTarget} and on", said.Rest + said.Ends[end]);

    private CanonicalBody? Canonical
    {
        get
        {
            if (!_isHashed)
            {
                (_canonical, _isHashed) = (CanonicalBody.Read(Body), true);
            }

            return _canonical;
        }
    }
}
