using Holdfast.Accounts.Pricing;
using Holdfast.Answers;
using Holdfast.Connections;
using Holdfast.Observability;
using Holdfast.Sinks;

namespace Holdfast.Exchanges;

/// <summary>What every exchange is given: the clock, where its end is told, and the words of its errors.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Reporter">Where its end is told.</param>
/// <param name="Metrics">The counters.</param>
/// <param name="Open">The list of open exchanges.</param>
/// <param name="Texts">The words of our errors.</param>
/// <param name="Drain">Whether the gateway is stopping.</param>
/// <param name="Prices">What its tokens cost.</param>
/// <param name="Bodies">Where its bodies are recorded, if they are.</param>
/// <param name="Logger">For diagnostics.</param>
internal sealed record ExchangeTools(
    TimeProvider Time, ExchangeReporter Reporter, GatewayMetrics Metrics, OpenExchanges Open, ErrorTexts Texts, Drain Drain,
    PriceBook Prices, BodyRecorder Bodies, ILogger<Exchange> Logger);
