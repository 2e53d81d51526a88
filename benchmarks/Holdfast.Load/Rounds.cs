namespace Holdfast.Load;

/// <summary>Runs the rounds of a measure, all sides in turn within each, prints each and folds them into rows.</summary>
internal static class Rounds
{
    public static async Task<IReadOnlyList<Row>> RunAsync(IMeasure measure, IReadOnlyList<Side> sides)
    {
        sides = [.. sides.Where(side => side != Side.Baseline || measure.KnowsBaseline)];
        var rounds = sides.ToDictionary(side => side, _ => new List<double[]>());
        var others = new List<double>();
        await measure.PrepareAsync();
        for (var round = 1; round <= measure.Rounds; round++)
        {
            // Who goes first changes from round to round, so that none always meets the warmer machine.
            var first = (round - 1) % sides.Count;
            foreach (var side in sides.Skip(first).Concat(sides.Take(first)))
            {
                var machine = new Machine();
                var values = await measure.RunRoundAsync(side);
                others.Add(machine.ShareOfOthers);
                rounds[side].Add(values);
                Print(measure, round, side, values, others[^1]);
            }
        }

        return [.. measure.Figures.Select((figure, index) => new Row(
            measure.Name,
            figure,
            Standing.Of(figure, rounds.ToDictionary(one => one.Key, one => one.Value.Select(values => values[index]).ToArray())),
            Spread.Of(others).Median))];
    }

    private static void Print(IMeasure measure, int round, Side side, double[] values, double others)
    {
        var figures = measure.Figures
            .Zip(values, (figure, value) => $"{figure.Name} {Table.Number(value)} {figure.Unit}".TrimEnd())
            .Append($"others {Table.Percent(others)}");
        Console.WriteLine($"{measure.Name,-8} round {round}  {side,-8}  {string.Join(", ", figures)}");
    }
}
