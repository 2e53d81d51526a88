using Holdfast.Journal;
using Holdfast.Sinks;

namespace Holdfast.Routing;

/// <summary>One rule of the list <c>routes</c>: which candidates answer for which models, in order. The first route that
/// matches wins; a model without a route goes to the upstream of its protocol.</summary>
public sealed class RouteOptions
{
    /// <summary>Which models it is for: a name, or a pattern in which <c>*</c> stands for any text. Case counts not.
    /// Required. A name that is no model of any provider makes an alias.</summary>
    public string Model { get; set; } = "";

    /// <summary>Who answers, in the order in which they are asked: each <c>"upstream"</c>, <c>"upstream/model"</c> (everything
    /// after the first slash) or a section. Required; all of them speak the same protocol (D27).</summary>
    public IReadOnlyList<CandidateOptions> Candidates { get; set; } = [];

    /// <summary>Limits of this route's own. Default: those of <c>timeouts</c> and <c>streaming</c>.</summary>
    public RouteTimeoutOptions Timeouts { get; set; } = new();

    /// <summary>How long turns of this route wait for a client that was lost. Default: as <c>journal</c> says.</summary>
    public RouteJournalOptions Journal { get; set; } = new();

    /// <summary>What is recorded of this route. Default: as <c>recording</c> says.</summary>
    public RouteRecordingOptions Recording { get; set; } = new();
}

/// <summary>One candidate of a route: <c>"upstream"</c>, <c>"upstream/model"</c> (everything after the first slash), or
/// an object with these fields.</summary>
public sealed class CandidateOptions
{
    /// <summary>The upstream's name; <c>sim</c> is the simulator, which speaks every protocol. Required.</summary>
    public string Upstream { get; set; } = "";

    /// <summary>The model it is asked for, slashes and all. Default: the one the client asked for.</summary>
    public string? Model { get; set; }

    /// <summary>Its share among equals: neighbours that are asked for the same model, at least one of which bears a
    /// weight, take turns by their weights, conversation by conversation. 1 to 1000. Default none, which counts as 1
    /// beside one that has a weight.</summary>
    public int? Weight { get; set; }
}

/// <summary>Limits of one route. Section <c>timeouts</c> of a route; what is not given is as everywhere else.</summary>
public sealed class RouteTimeoutOptions
{
    /// <summary>As <c>timeouts.firstByte</c>, for each attempt.</summary>
    public TimeSpan? FirstByte { get; set; }

    /// <summary>As <c>timeouts.request</c>, for each attempt.</summary>
    public TimeSpan? Request { get; set; }

    /// <summary>As <c>streaming.stallAfter</c>.</summary>
    public TimeSpan? StallAfter { get; set; }

    /// <summary>As <c>streaming.openEarlyAfter</c> (R33).</summary>
    public TimeSpan? OpenEarlyAfter { get; set; }
}
