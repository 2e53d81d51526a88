using System.Buffers;
using Holdfast.Clients;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Protocols;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Requests;

/// <summary>What the client asks for: the body once, in pooled memory, and the few facts peeked out of it, which
/// <see cref="RequestReader"/> fills in.</summary>
internal sealed class ClientRequest : IDisposable
{
    /// <param name="http">The request.</param>
    /// <param name="path">What its target says.</param>
    /// <param name="client">What its headers say.</param>
    public ClientRequest(HttpContext http, WirePath path, ClientHeaders client)
    {
        (Http, Path, Client) = (http.Request, path, client);
        Caller = new(http.Request);
        Memory = new(http.Request.ContentLength ?? 0);
        Identity = new(this);
        HasBody = http.Request.ContentLength is not null
            || http.Request.Headers.TransferEncoding.Count > 0
            || http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        (Model, WantsStream) = (path.ModelInPath, path.StreamsByPath);
    }

    /// <summary>The HTTP request.</summary>
    public HttpRequest Http { get; }

    /// <summary>Protocol, operation and target.</summary>
    public WirePath Path { get; }

    /// <summary>What the client says of itself, and what it asks of us.</summary>
    public ClientHeaders Client { get; }

    /// <summary>Who pays, and who is told apart.</summary>
    public Caller Caller { get; }

    /// <summary>What the turn is told by.</summary>
    public TurnIdentity Identity { get; }

    /// <summary>Owns the memory of the body: who reads it in its own time takes a lease.</summary>
    public PooledBytes Memory { get; }

    /// <summary>The body as received; empty without one, and once it has been let go.</summary>
    public ReadOnlySequence<byte> Body => Memory.Bytes;

    /// <summary>Whether the request has a body at all, be it empty.</summary>
    public bool HasBody { get; }

    /// <summary>The model asked for; null where the request names none or cannot be read.</summary>
    public string? Model { get; set; }

    /// <summary>Where the model stands in the body, quotes included; of no length where it stands elsewhere or nowhere.</summary>
    public (long Start, int Length) ModelAt { get; set; }

    /// <summary>Whether the client asks for a stream.</summary>
    public bool WantsStream { get; set; }

    /// <summary>Whether the client's connection was lost before the body was whole.</summary>
    public bool ClientLeft { get; set; }

    /// <summary>Whether a stream may be opened and kept alive before the upstream has answered.</summary>
    public bool CanBeOpenedEarly => WantsStream && Path.Operation == WireOperation.Generate && !Path.StreamsAsArray;

    /// <summary>Lets go of the body's memory: no attempt will send it again, and one that still does keeps it for so long. What
    /// is still wanted of the body is read first.</summary>
    public void ReleaseBody()
    {
        if (!Memory.IsLetGo)
        {
            Identity.BeforeBodyGoes();
            Memory.Dispose();
        }
    }

    public void Dispose() => Memory.Dispose();
}
