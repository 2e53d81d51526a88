using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Reload;

namespace Holdfast.Hosting;

/// <summary>Makes the classifier and the price book ready soon after the start: the start does not wait for them, nor does the
/// first exchange that needs them. Then what the start left over goes back.</summary>
internal sealed class WarmUp(SetupHolder setups, Drain drain, TimeProvider time) : BackgroundService
{
    /// <summary>The start, and the first requests, go first. Real time: nothing waits for it.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Delay, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            SetupFactory.Prepare(setups.Current, time);
            if (drain.Running == 0)
            {
                MemoryTrim.GiveBack();
            }
        }
    }
}
