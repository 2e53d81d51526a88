using Holdfast.Upstreams;
using Holdfast.Wire.Passages;

namespace Holdfast.Routing;

/// <summary>One (upstream, model) a request may go to.</summary>
/// <param name="Upstream">Who is asked.</param>
/// <param name="Model">For which model; null for the one the client asked for.</param>
/// <param name="Rank">Its place in the route's order; equal ranks share by their weights.</param>
/// <param name="Weight">Its share among those of its rank.</param>
internal sealed record Candidate(Upstream Upstream, string? Model, int Rank = 0, int Weight = 1)
{
    /// <summary>As the configuration writes it: <c>upstream</c> or <c>upstream/model</c>.</summary>
    public string Name { get; } = Model is null ? Upstream.Name : $"{Upstream.Name}/{Model}";

    /// <summary>What happens to a request and its answer on their way to it and back.</summary>
    public Passage Passage { get; init; } = Passage.Exact;

    public override string ToString() => Name;
}

/// <summary>Says which passage leads to an upstream.</summary>
internal delegate Passage PassageOf(Upstream upstream);

/// <summary>A candidate with the credential it is asked with: what one attempt goes to.</summary>
internal sealed record Choice(Candidate Candidate, UpstreamCredential Credential)
{
    public Upstream Upstream => Candidate.Upstream;
}
