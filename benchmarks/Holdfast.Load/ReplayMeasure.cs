namespace Holdfast.Load;

/// <summary>A turn of a megabyte whose client is cut off before the last event and asks again: from that request to the last
/// byte. The floor keeps nothing: beside it stands how long the same turn takes through it.</summary>
internal sealed class ReplayMeasure(TestBed bed) : IMeasure
{
    // Time for the gateway to hear of a reset, and to keep the last event: none of it is measured.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);
    private readonly Targets _targets = new(bed);
    private readonly TurnUpstream _waiting = new() { Waits = true };
    private readonly TurnUpstream _direct = new();
    private readonly int _count = bed.Settings.Quick ? 10 : 100;

    public string Name => "replay";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("whole answer p50", "ms", Bar.AtMost(10)),
        new("whole answer p99", "ms", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        foreach (var side in bed.Settings.Sides)
        {
            await _targets.StartAsync(side, (side == Side.Floor ? _direct : _waiting).Address);
            await RunRoundAsync(side);
        }
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var request = Requests.Message(target.Address, "bench", stream: true);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = new LoadClient(target.Address);
        var asked = _waiting.Asked;
        var answers = new List<Answer>(_count);
        for (var i = 0; i < _count; i++)
        {
            if (side != Side.Floor)
            {
                await LoseAsync(target, request, deadline.Token);
            }

            answers.Add(await client.AskAsync(request, deadline.Token));
        }

        // An answer that was asked for anew is none from the journal.
        var anew = side != Side.Floor ? _waiting.Asked - asked - _count : 0;
        var whole = answers.Where(answer => answer.IsWhole && answer.Events == TurnUpstream.Events).ToList();
        var times = Percentiles.Of(whole, answer => answer.End);
        return [times.At(0.50), times.At(0.99), _count - whole.Count + anew];
    }

    public void Dispose()
    {
        _targets.Dispose();
        _waiting.Dispose();
        _direct.Dispose();
    }

    private async Task LoseAsync(Target target, byte[] request, CancellationToken deadline)
    {
        using var lost = new LoadClient(target.Address);
        await lost.AskAndResetAsync(request, TurnUpstream.Events - 1, deadline);
        await Task.Delay(Settle, CancellationToken.None);
        _waiting.End();
        await Task.Delay(Settle, CancellationToken.None);
    }
}
