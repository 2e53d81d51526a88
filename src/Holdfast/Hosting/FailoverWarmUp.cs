using Holdfast.Failover;

namespace Holdfast.Hosting;

/// <summary>Makes the classifier ready soon after the start: the first failure must not wait for its rules to be read, and the
/// start not for a failure that may never come.</summary>
internal sealed class FailoverWarmUp(Lazy<ErrorClassifier> classifier) : BackgroundService
{
    /// <summary>The start, and the first requests, go first. Real time: nothing waits for it.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Delay, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            // One that goes through rules of every kind, and is known to match.
            classifier.Value.Classify(new Failure
            {
                Status = 529,
                Message = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, try again in 1s"}}""",
            });
        }
    }
}
