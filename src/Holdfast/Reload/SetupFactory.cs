using Holdfast.Accounts.Pricing;
using Holdfast.Configuration;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire.Usage;

namespace Holdfast.Reload;

/// <summary>Makes settings ready for exchanges. What did not change is taken from the settings before.</summary>
/// <param name="surroundings">What upstreams need from outside.</param>
/// <param name="own">Upstreams of our own (the simulator).</param>
/// <param name="health">Who failed lately.</param>
/// <param name="affinity">Where conversations were answered last.</param>
/// <param name="time">The clock.</param>
/// <param name="passages">Which passage leads to an upstream; the exact one for all if null.</param>
internal sealed class SetupFactory(
    UpstreamSurroundings surroundings, IEnumerable<Upstream> own, HealthBook health, AffinityTable affinity, TimeProvider time,
    PassageOf? passages = null)
{
    /// <param name="options">The settings, checked.</param>
    /// <param name="before">What holds up to now; null at the start.</param>
    public Setup Make(HoldfastOptions options, Setup? before = null)
    {
        var upstreams = UpstreamTable.From(
            options.Upstreams, surroundings with { ConnectTimeout = options.Timeouts.Connect }, own, before?.Upstreams);
        var failover = new FailoverTools(options.Failover, ClassifierOf(options.Failover, before), health, affinity, time);
        var defaults = new RouteDefaults(options.Timeouts, options.Streaming, options.Journal, options.Recording.Bodies);
        return new()
        {
            Upstreams = upstreams,
            Routes = new(options.Routes, defaults, upstreams, failover, passages),
            Failover = failover,
            Prices = OwnPrices.BookWith(options.Prices),
            Guard = new(options.Listen, options.AllowedHosts, options.AllowedOrigins),
            Streaming = options.Streaming,
            Timeouts = options.Timeouts,
            Deny = options.Deny,
            Limits = options.Limits,
            AdjustsErrors = options.Errors != "verbatim",
        };
    }

    /// <summary>Makes ready what is else made when it is first needed: the first failure must not wait for the classifier's
    /// rules to be read, nor the end of the first exchange for the prices.</summary>
    public static void Prepare(Setup setup, TimeProvider time)
    {
        setup.Prices.CostOf("claude-opus-5-5", time.GetUtcNow(), new TokenUsage(1, 1, 1, 1));

        // One that goes through rules of every kind, and is known to match.
        setup.Failover.Classifier.Value.Classify(new Failure
        {
            Status = 529,
            Message = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, try again in 1s"}}""",
        });
    }

    // Its rules take long to be made ready.
    private static Lazy<ErrorClassifier> ClassifierOf(FailoverOptions options, Setup? before) =>
        before is not null && before.Failover.Options.Rules.SequenceEqual(options.Rules)
            ? before.Failover.Classifier
            : new(() => new(options.Rules));
}
