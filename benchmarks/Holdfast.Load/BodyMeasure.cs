namespace Holdfast.Load;

/// <summary>One request with a body of 32 MB: the peak of memory above idle, in a fresh process each round.</summary>
internal sealed class BodyMeasure(TestBed bed) : IMeasure
{
    private const int BodyMegabytes = 32;
    private const int Megabyte = 1024 * 1024;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly string Text = new('a', BodyMegabytes * Megabyte);

    public string Name => "body";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("peak above idle", "MB", Bar.AtMost(2 * BodyMegabytes)),
        new("whole time", "ms", Bar.None),
        new("failed", "", Bar.AtMost(0), IsSum: true),
    ];

    public Task PrepareAsync() => Task.CompletedTask;

    public async Task<double[]> RunRoundAsync(Side side)
    {
        using var target = await bed.StartAsync(side);
        await LoadClients.RepeatAsync(target, Requests.Message(target.Address, "sim"), 4, TimeSpan.FromSeconds(1));
        await Task.Delay(Settle);
        var idle = target.Process.Resident;
        target.Process.ForgetPeak();

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = new LoadClient(target.Address);
        var answer = await client.AskAsync(Requests.Message(target.Address, "sim", text: Text), deadline.Token);
        var peak = target.Process.PeakResident;
        return [(peak - idle) / (double)Megabyte, answer.End.TotalMilliseconds, answer.IsWhole ? 0 : 1];
    }

    public void Dispose()
    {
    }
}
