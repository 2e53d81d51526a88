using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Wire.Usage;

namespace Holdfast.Hosting;

/// <summary>Makes the classifier and the price book ready soon after the start: the first failure must not wait for its rules
/// to be read, nor the end of the first exchange for the prices, and the start for neither. Then what the start left over goes back.</summary>
internal sealed class WarmUp(Lazy<ErrorClassifier> classifier, SetupHolder setup, Drain drain, TimeProvider time) : BackgroundService
{
    /// <summary>The start, and the first requests, go first. Real time: nothing waits for it.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Delay, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            setup.Current.Prices.CostOf("claude-opus-5-5", time.GetUtcNow(), new TokenUsage(1, 1, 1, 1));

            // One that goes through rules of every kind, and is known to match.
            classifier.Value.Classify(new Failure
            {
                Status = 529,
                Message = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, try again in 1s"}}""",
            });
            if (drain.Running == 0)
            {
                MemoryTrim.GiveBack();
            }
        }
    }
}
