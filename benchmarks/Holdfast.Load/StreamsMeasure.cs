namespace Holdfast.Load;

/// <summary>200 clients, each reading streams of 100 events that are 20 ms apart.</summary>
internal sealed class StreamsMeasure(TestBed bed) : IMeasure
{
    private const int Events = 100;
    private const int Gap = 20;
    private const int StreamsEach = 3;

    // Starts are spread by this fraction of a stream's length, so that events do not fall on the same instants.
    private const double GoldenRatio = 0.6180339887;
    private readonly Pair _pair = new(bed);
    private readonly int _clients = bed.Settings.Quick ? 20 : 200;

    public string Name => "streams";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("first event p50", "ms", Bar.AtMostAboveFloor(1)),
        new("whole time p50", "ms", Bar.AtMostAboveFloor(1)),
        new("first event p99", "ms", Bar.None),
        new("processor time an event", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _pair.StartAsync();
        await RunRoundAsync(Side.Gateway);
        await RunRoundAsync(Side.Floor);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _pair[side];
        var length = TimeSpan.FromMilliseconds(Events * Gap);
        using var deadline = new CancellationTokenSource((length * (StreamsEach + 1)) + TimeSpan.FromSeconds(30));
        var processor = target.Process.ProcessorTime;
        var clients = Enumerable.Range(0, _clients).Select(number =>
            ReadStreamsAsync(target, length * (number * GoldenRatio % 1), deadline.Token));
        var answers = (await Task.WhenAll(clients)).SelectMany(each => each).ToList();
        processor = target.Process.ProcessorTime - processor;

        var whole = answers.Where(answer => answer.IsWhole && answer.Events >= Events).ToList();
        var first = Percentiles.Of(whole, answer => answer.FirstEvent);
        return
        [
            first.At(0.50),
            Percentiles.Of(whole, answer => answer.End).At(0.50),
            first.At(0.99),
            processor.TotalMicroseconds / Math.Max(1, answers.Sum(answer => answer.Events)),
            answers.Count - whole.Count,
        ];
    }

    public void Dispose() => _pair.Dispose();

    private static async Task<Answer[]> ReadStreamsAsync(Target target, TimeSpan delay, CancellationToken deadline)
    {
        var request = Requests.Message(target.Address, $"sim-n{Events}-i{Gap}", stream: true);
        using var client = new LoadClient(target.Address);
        await Task.Delay(delay, CancellationToken.None);
        await client.ConnectAsync(deadline);
        var answers = new Answer[StreamsEach];
        for (var number = 0; number < StreamsEach; number++)
        {
            answers[number] = await client.AskAsync(request, deadline);
        }

        return answers;
    }
}
