using Holdfast.Clients;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Sinks;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;

namespace Holdfast.Exchanges;

/// <summary>
/// One client request and our one answer: what belongs together while it runs. Disposing it hands in its record, whatever
/// happened in between. Used by one loop; what <see cref="ILiveExchange"/> shows may be read from any thread.
/// </summary>
internal sealed class Exchange : IAsyncDisposable, ILiveExchange
{
    private readonly ExchangeRegister _register;
    private readonly OpenExchanges.Listing _listing;
    private Phase _phase;

    /// <param name="http">The request and its answer.</param>
    /// <param name="client">What the request's headers say.</param>
    /// <param name="protocol">Its protocol; null where the path is nobody's.</param>
    /// <param name="flight">What is written down about it.</param>
    /// <param name="setup">The settings it goes by.</param>
    /// <param name="register">Where it is handed in at its end.</param>
    public Exchange(
        HttpContext http, ClientHeaders client, WireProtocol? protocol, FlightRecord flight, Setup setup, ExchangeRegister register)
    {
        (Http, Client, Flight, Setup, _register) = (http, client, flight, setup, register);
        Protocol = protocol ?? WireProtocols.OpenAIChat;
        Turn = new(ExchangeId);
        _listing = register.List(this);
    }

    /// <summary>The request, and its answer, which <c>ClientAnswer</c> alone writes.</summary>
    public HttpContext Http { get; }

    /// <summary>What the client says of itself, and what is known of it.</summary>
    public ClientHeaders Client { get; }

    /// <summary>Whose shape our own errors take.</summary>
    public WireProtocol Protocol { get; }

    /// <summary>What happened in it.</summary>
    public FlightRecord Flight { get; }

    /// <summary>The settings it goes by, from its beginning to its end.</summary>
    public Setup Setup { get; }

    /// <summary>The turn whose answer is kept, where it is.</summary>
    public PendingTurn Turn { get; }

    /// <summary>What is kept of its bodies to be recorded; null where nothing is.</summary>
    public Capture? Capture { get; private set; }

    /// <summary>The route it takes; null before it is known.</summary>
    public Route? Route { get; private set; }

    /// <summary>Where the present attempt stands. <c>ClientAnswer</c> alone moves it; that the request goes out, its connection
    /// tells.</summary>
    public Phase Phase
    {
        get => _phase == Phase.Undispatched && Trace is { LastRequestByteAt: not 0 } ? Phase.Dispatched : _phase;
        set => _phase = value;
    }

    /// <summary>What the sockets do for the present attempt; null before the first.</summary>
    public ConnectionTrace? Trace { get; set; }

    /// <summary>Its name in headers, logs and records.</summary>
    public string ExchangeId => Flight.Record.ExchangeId;

    /// <summary>When the head of the request had arrived.</summary>
    public DateTimeOffset StartedAt => Flight.Record.StartedAt;

    string? ILiveExchange.Protocol => Flight.Record.Protocol;

    string? ILiveExchange.Upstream => Flight.Record.Upstream;

    string? ILiveExchange.Model => Flight.Record.ModelAsked;

    bool ILiveExchange.IsStream => Flight.Record.IsStream;

    string ILiveExchange.Phase => Phase.Word();

    long ILiveExchange.BytesSent => Flight.Record.ResponseBytes;

    TimeSpan ILiveExchange.Silence => Flight.Silence;

    /// <summary>The request has been read.</summary>
    public void Asked(ClientRequest request)
    {
        Flight.Asked(request);
        Capture = _register.Capture(Flight.Record, Http.Request, request);
    }

    /// <summary>Its route is known.</summary>
    public void Take(Route route)
    {
        Route = route;
        Flight.Routed(route.Name.Length > 0 ? route.Name : null);
        Capture = Capture is null ? null : _register.Capture(Capture, Flight.Record, route);
    }

    /// <summary>The head of the answer is as its client gets it.</summary>
    /// <param name="framing">How its events are framed; null for an answer that is whole.</param>
    public void CaptureHead(StreamFraming? framing) => Capture?.NoteHead(Http.Response.Headers, framing);

    /// <summary>Hands in its record.</summary>
    public ValueTask DisposeAsync()
    {
        var record = Flight.Record;
        var status = Http.Response.HasStarted || record.End != ExchangeEnd.ClientAborted ? Http.Response.StatusCode : 0;
        TurnFate? fate = Turn.Fate switch
        {
            { IsOutgrown: true } => TurnFate.Outgrown,
            { IsLost: false } => null,
            _ => Flight.IsAnswered ? TurnFate.Drained : TurnFate.GivenUp,
        };
        Turn.Made?.Finish(TurnEnd.Failed);
        _listing.Dispose();
        _register.End(Flight.Seal(status, fate), Http.Request, Capture);
        Setup.Leave();
        return ValueTask.CompletedTask;
    }
}
