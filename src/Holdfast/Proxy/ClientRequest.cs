using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Journal;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Protocols;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Proxy;

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

    /// <summary>The body as received; empty without one.</summary>
    public ReadOnlySequence<byte> Body => _body.Bytes;

    /// <summary>Whether the request has a body at all, be it empty.</summary>
    public bool HasBody { get; } = http.Request.ContentLength is not null
        || http.Request.Headers.TransferEncoding.Count > 0
        || http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    /// <summary>The model asked for; null where the request names none or cannot be read.</summary>
    public string? Model { get; private set; } = path.ModelInPath;

    /// <summary>Where the model stands in the body, quotes included; of no length where it stands elsewhere or nowhere.</summary>
    public (long Start, int Length) ModelAt { get; private set; }

    /// <summary>Whether the client's connection was lost before the body was whole.</summary>
    public bool ClientLeft { get; private set; }

    /// <summary>Whether the client asks for a stream.</summary>
    public bool WantsStream { get; private set; } = path.StreamsByPath;

    /// <summary>Whether a stream may be opened and kept alive before the upstream has answered.</summary>
    public bool CanBeOpenedEarly => WantsStream && path.Operation == WireOperation.Generate && !path.StreamsAsArray;

    /// <summary>Reads the body and what stands in it. Null, or why the request is refused; never throws for what a
    /// client sends.</summary>
    public async ValueTask<GatewayError?> ReadAsync(HoldfastOptions options, TimeProvider time)
    {
        if (options.Deny.Headers.Count > 0 && options.Deny.Headers.FirstOrDefault(Http.Headers.ContainsKey) is { } header)
        {
            return Denied("header", header);
        }

        if (!HasBody)
        {
            return Check(options.Deny);
        }

        var bodyLimit = options.Limits.RequestBody;

        if (path.Operation == WireOperation.Generate && !IsJson(Http.ContentType))
        {
            return new(ErrorCodes.UnsupportedContentType, "The content type must be application/json.");
        }

        if (Http.ContentLength > bodyLimit)
        {
            return TooLarge(bodyLimit);
        }

        try
        {
            return await ReadBodyAsync(Http.BodyReader, options.Limits, time) ?? Check(options.Deny);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(bodyLimit);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Bad framing, or the connection's end. Nobody may have asked for the token before: only then is it right now.
            ClientLeft = e is OperationCanceledException or ConnectionResetException
                || http.RequestAborted.IsCancellationRequested || ConnectionState.Of(http)?.IsLost(unanswered: 3) == true;
            return ClientLeft ? null : new(ErrorCodes.BodyIncomplete, "The request body is badly framed.");
        }
    }

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

    /// <summary>The target to ask for, with another model where the path names it.</summary>
    public string TargetFor(string? model) =>
        model is null || path.ModelInPath is null ? path.Target : path.TargetWith(model);

    /// <summary>The body to send, with another model in its place; every other byte is as it came.</summary>
    public RequestContent ContentFor(string? model) => model is null || ModelAt.Length == 0
        ? new(Body)
        : new(Body, ModelAt, JsonEncodedText.Encode(model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping));

    /// <summary>Gives the body's memory back: no attempt will send it again.</summary>
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

    private async ValueTask<GatewayError?> ReadBodyAsync(PipeReader reader, LimitOptions limits, TimeProvider time)
    {
        // A body that only comes slowly may; one that stops must not hold the exchange for ever (R90). Most are here at once.
        SilenceClock? silence = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync();
                if (!reading.IsCompleted)
                {
                    silence ??= new SilenceClock(time, reader.CancelPendingRead);
                    silence.Start(limits.RequestHeadersTimeout);
                }

                var read = await reading;
                _body.Append(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (_body.Length > limits.RequestBody)
                {
                    return TooLarge(limits.RequestBody);
                }

                if (read.IsCompleted)
                {
                    return null;
                }

                if (read.IsCanceled && silence is { IsDue: true })
                {
                    return new(ErrorCodes.BodyIncomplete, string.Create(CultureInfo.InvariantCulture,
                        $"Nothing of the request body came for {limits.RequestHeadersTimeout.TotalSeconds:0.###} s."));
                }
            }
        }
        finally
        {
            silence?.Dispose();
        }
    }

    /// <summary>Peeks; refuses only what no upstream could serve, and what is denied.</summary>
    private GatewayError? Check(DenyOptions deny)
    {
        var isCompressed = Http.Headers.ContentEncoding is [{ } encoding, ..] && encoding != "identity";
        var mayBeDenied = HasBody && deny.Fields.Count > 0 && IsJson(Http.ContentType);
        if (isCompressed && mayBeDenied)
        {
            return new(ErrorCodes.UnsupportedContentType,
                "A compressed body cannot be checked for denied fields (deny.fields): send it uncompressed.");
        }

        if (path.Operation != WireOperation.Generate || !HttpMethods.IsPost(Http.Method))
        {
            WantsStream |= AcceptsEvents() && HttpMethods.IsGet(Http.Method);

            // Token counts and the like name their model as well, and its route needs it; what is not JSON has none.
            var isJson = HasBody && !isCompressed && IsJson(Http.ContentType);
            var other = isJson ? RequestPeek.Read(Body, deny.Fields) : default;
            NoteModel(other);
            return other.Denied is { } name ? Denied("field", name) : null;
        }

        if (isCompressed)
        {
            // A compressed body passes as it is; whether it asks for a stream shows in the answer.
            WantsStream |= AcceptsEvents();
            return null;
        }

        var peek = RequestPeek.Read(Body, deny.Fields);
        if (peek.Error is { } broken)
        {
            return new(ErrorCodes.BadJson, broken);
        }

        if (peek.Denied is { } field)
        {
            return Denied("field", field);
        }

        NoteModel(peek);
        WantsStream |= peek.Stream && path.ModelInPath is null;
        return string.IsNullOrEmpty(Model)
            ? new(ErrorCodes.ModelMissing, "The request must name a model in its top-level field \"model\".")
            : null;
    }

    private void NoteModel(in RequestPeek peek)
    {
        if (Model is null)
        {
            Model = peek.Model;
            ModelAt = peek.ModelAt;
        }
    }

    private bool AcceptsEvents() =>
        Http.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase)
        || Http.Query.TryGetValue("stream", out var stream) && stream == "true";

    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || contentType == "application/json"
        || MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    private static GatewayError Denied(string what, string name) =>
        new(ErrorCodes.Denied, $"The {what} \"{name}\" is denied by this gateway's configuration (deny.{what}s).");

    private static GatewayError TooLarge(long limit) =>
        new(ErrorCodes.BodyTooLarge, $"The request body is larger than {limit} bytes (limits.requestBody).");
}
