using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Load;

/// <summary>What a closed loop of requests gave, and what it took of the target.</summary>
/// <param name="PerSecond">Whole answers a second.</param>
/// <param name="Processor">Microseconds of the target's processor time for each whole answer, with what it did for them
/// afterwards.</param>
/// <param name="Whole">The whole answers.</param>
/// <param name="Failed">How many were not whole.</param>
internal sealed record MeasuredLoad(double PerSecond, double Processor, IReadOnlyList<Answer> Whole, int Failed)
{
    // Log lines and records are written in batches, the last of them up to a second later: they belong to what is counted.
    private static readonly TimeSpan Afterwards = TimeSpan.FromMilliseconds(1200);

    /// <param name="target">Who is asked.</param>
    /// <param name="request">With what.</param>
    /// <param name="connections">On how many connections at once.</param>
    /// <param name="length">For how long.</param>
    /// <param name="events">How many events a whole answer has at least.</param>
    public static async Task<MeasuredLoad> RunAsync(
        Target target, ReadOnlyMemory<byte> request, int connections, TimeSpan length, int events = 0)
    {
        var processor = target.Process.ProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var answers = await LoadClients.RepeatAsync(target, request, connections, length);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await Task.Delay(Afterwards);
        return Of(answers, events, elapsed, target.Process.ProcessorTime - processor);
    }

    /// <summary>The same for streams whose events come at a pace: each client reads so many, one after the other.</summary>
    public static async Task<MeasuredLoad> RunAsync(Target target, PacedStreams streams)
    {
        var processor = target.Process.ProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var answers = await streams.ReadAsync(target);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await Task.Delay(Afterwards);
        return Of(answers, streams.Events, elapsed, target.Process.ProcessorTime - processor);
    }

    private static MeasuredLoad Of(IReadOnlyList<Answer> answers, int events, TimeSpan elapsed, TimeSpan processor)
    {
        var byKind = answers.ToLookup(answer => answer.IsWhole && answer.Events >= events);
        // Whoever sees a bar missed for one of these wants to know whether it was refused, cut or late.
        foreach (var answer in byKind[false].Take(3))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"         not whole: status {answer.Status}, {answer.Events} events, {answer.End.TotalSeconds:0.###} s"));
        }

        var whole = byKind[true].ToList();
        return new(
            whole.Count / elapsed.TotalSeconds, processor.TotalMicroseconds / Math.Max(1, whole.Count),
            whole, answers.Count - whole.Count);
    }
}
