namespace Holdfast.Tests.Simulator;

/// <summary>Waits for something observable that has no signal of its own.</summary>
internal static class Wait
{
    public static async Task UntilAsync(Func<bool> condition)
    {
        async Task Poll()
        {
            while (!condition())
            {
                await Task.Delay(1);
            }
        }

        await Poll().WaitAsync(RawClient.Deadline);
    }
}
