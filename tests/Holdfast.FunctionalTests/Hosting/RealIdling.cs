namespace Holdfast.FunctionalTests.Hosting;

/// <summary>The one place where tests let real time pass. What is proven by it depends on the kernel and on Kestrel's
/// own clock, which no test can move: that an idle socket stays open, or closes at its time. Such tests run beside
/// others.</summary>
internal static class RealIdling
{
    /// <summary>Lets a connection idle for this long.</summary>
    public static Task ForAsync(TimeSpan time) => Task.Delay(time);
}
