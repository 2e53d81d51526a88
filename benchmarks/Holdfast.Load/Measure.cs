using System.Globalization;

namespace Holdfast.Load;

/// <summary>One whole-process measure. Owns the processes it starts and gives one value a figure and round.</summary>
internal interface IMeasure : IDisposable
{
    string Name { get; }

    int Rounds { get; }

    IReadOnlyList<Figure> Figures { get; }

    Task PrepareAsync();

    Task<double[]> RunRoundAsync(Side side);
}

/// <summary>What a measure tells: its median over the rounds, or the sum where no round may hide another.</summary>
internal sealed record Figure(string Name, string Unit, Bar Bar, bool IsSum = false);

/// <summary>What the gateway must reach, as a decision over its figure and the floor's.</summary>
internal sealed record Bar(string Text, Func<double, double, bool> Holds)
{
    public static readonly Bar None = new("", (_, _) => true);

    public static readonly Bar NoneOnBothSides = new("0 on both", (gateway, floor) => gateway == 0 && floor == 0);

    public static Bar AtMost(double limit) => new(Format($"≤ {limit}"), (gateway, _) => gateway <= limit);

    public static Bar AtLeastTimesFloor(double factor) =>
        new(Format($"≥ {factor} × floor"), (gateway, floor) => gateway >= factor * floor);

    public static Bar AtMostTimesFloor(double factor) =>
        new(Format($"≤ {factor} × floor"), (gateway, floor) => gateway <= factor * floor);

    public static Bar AtMostAboveFloor(double difference) =>
        new(Format($"≤ floor + {difference}"), (gateway, floor) => gateway <= floor + difference);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Runs the rounds of a measure, gateway and floor in turn, prints each and folds them into rows.</summary>
internal static class Rounds
{
    public static async Task<IReadOnlyList<Row>> RunAsync(IMeasure measure)
    {
        List<double[]> gateway = [], floor = [];
        var others = new List<double>();
        await measure.PrepareAsync();
        for (var round = 1; round <= measure.Rounds; round++)
        {
            // Who goes first changes from round to round, so that neither always meets the warmer machine.
            Side[] order = round % 2 == 1 ? [Side.Gateway, Side.Floor] : [Side.Floor, Side.Gateway];
            foreach (var side in order)
            {
                var machine = new Machine();
                var values = await measure.RunRoundAsync(side);
                others.Add(machine.ShareOfOthers);
                (side == Side.Gateway ? gateway : floor).Add(values);
                Print(measure, round, side, values, others[^1]);
            }
        }

        return [.. measure.Figures.Select((figure, index) => new Row(
            measure.Name, figure, Fold(figure, gateway, index), Fold(figure, floor, index), Median(others)))];
    }

    private static double Fold(Figure figure, List<double[]> rounds, int index)
    {
        var values = rounds.Select(round => round[index]);
        return figure.IsSum ? values.Sum() : Median(values);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Print(IMeasure measure, int round, Side side, double[] values, double others)
    {
        var figures = measure.Figures
            .Zip(values, (figure, value) => $"{figure.Name} {Table.Number(value)} {figure.Unit}".TrimEnd())
            .Append($"others {Table.Percent(others)}");
        Console.WriteLine($"{measure.Name,-8} round {round}  {side,-7}  {string.Join(", ", figures)}");
    }
}
