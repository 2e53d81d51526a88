namespace Holdfast.Load;

/// <summary>Streams whose events come at a pace, read by clients that start one after the other.</summary>
/// <param name="Clients">How many read at once.</param>
/// <param name="Events">Events that say something in each stream.</param>
/// <param name="Gap">Milliseconds between two of them.</param>
/// <param name="Each">Streams that each client reads, one after the other.</param>
internal sealed record PacedStreams(int Clients, int Events, int Gap, int Each)
{
    // Starts are spread by this fraction of a stream's length, so that events do not fall on the same instants.
    private const double GoldenRatio = 0.6180339887;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private TimeSpan Length => TimeSpan.FromMilliseconds(Events * Gap);

    public async Task<IReadOnlyList<Answer>> ReadAsync(Target target)
    {
        using var deadline = new CancellationTokenSource((Length * (Each + 1)) + Grace);
        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(number =>
            ReadAsync(target, Length * (number * GoldenRatio % 1), deadline.Token)));
        return [.. answers.SelectMany(each => each)];
    }

    private async Task<Answer[]> ReadAsync(Target target, TimeSpan delay, CancellationToken deadline)
    {
        var request = Requests.Message(target.Address, $"sim-n{Events}-i{Gap}", stream: true);
        using var client = new LoadClient(target.Address);
        await Task.Delay(delay, CancellationToken.None);
        await client.ConnectAsync(deadline);
        var answers = new Answer[Each];
        for (var number = 0; number < Each; number++)
        {
            answers[number] = await client.AskAsync(request, deadline);
        }

        return answers;
    }
}
