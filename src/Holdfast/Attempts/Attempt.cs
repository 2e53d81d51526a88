using Holdfast.Answers;
using Holdfast.Exchanges;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Vigils;
using Holdfast.Wire.Passages;

namespace Holdfast.Attempts;

/// <summary>One attempt of an exchange: what is asked, of whom, who gets the answer, and what watches over it.</summary>
/// <param name="Request">What the client asks for.</param>
/// <param name="Exchange">The exchange it belongs to.</param>
/// <param name="Answer">The client's side.</param>
/// <param name="Plan">The walk over the candidates; whom it asks is its present choice.</param>
/// <param name="Vigil">Watches over the exchange while its loop waits.</param>
internal sealed record Attempt(
    ClientRequest Request, Exchange Exchange, ClientAnswer Answer, RoutePlan Plan, Vigil Vigil)
{
    /// <summary>Who is asked, and with which credential.</summary>
    public Choice Choice { get; } = Plan.Current;

    /// <summary>Whether somebody else could still be asked in its place.</summary>
    public bool HasAlternative { get; } = Plan.HasAlternative;

    /// <summary>Whether what says nothing yet is held back, so that another candidate may still answer.</summary>
    public bool HoldsBack => HasAlternative && Request.Path.StreamsKnownEvents;

    /// <summary>What happens to request and answer on their way.</summary>
    public Passage Passage => Choice.Candidate.Passage;

    /// <summary>Whether another model is asked for than the client named.</summary>
    public bool ReplacesModel => Choice.Candidate.Model is { } model && model != Request.Model;

    /// <summary>How long it may be silent.</summary>
    public RouteTimeouts Timeouts => Plan.Route.Timeouts;

    /// <summary>What the sockets do for it.</summary>
    public ConnectionTrace Trace
    {
        get => Exchange.Trace!;
        set => Exchange.Trace = value;
    }

    /// <summary>The upstream's answer, once its head is there.</summary>
    public HttpResponseMessage Response { get; set; } = null!;
}
