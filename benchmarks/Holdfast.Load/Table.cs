using System.Globalization;

namespace Holdfast.Load;

/// <summary>One figure of one measure, all sides beside each other, and what others took of the machine.</summary>
internal sealed record Row(string Measure, Figure Figure, Standing Standing, double Others)
{
    public bool IsMissed => Figure.Bar != Bar.None && (double.IsNaN(Standing.Gateway) || !Figure.Bar.Holds(Standing));

    public string Verdict => this switch
    {
        { IsMissed: true } => "MISSED",
        { Figure.Bar.Text: "" } => "",
        _ => "ok",
    };
}

/// <summary>Writes the rows as one table.</summary>
internal static class Table
{
    private static readonly Column[] Always =
    [
        new("measure", row => row.Measure),
        new("figure", row => $"{row.Figure.Name} {row.Figure.Unit}".TrimEnd()),
        new("gateway", row => Number(row.Standing.Gateway), IsNumber: true),
        new("floor", row => Number(row.Standing.Floor), IsNumber: true),
        new("÷ floor", row => Ratio(row.Standing.OverFloor.Median), IsNumber: true),
        new("in rounds", row => Range(row.Standing.OverFloor)),
        new("− floor", row => Text(row.Standing.AboveFloor, "+0.##;-0.##;0"), IsNumber: true),
    ];

    private static readonly Column[] WithBaseline =
    [
        new("baseline", row => Number(row.Standing.Baseline), IsNumber: true),
        new("÷ baseline", row => Ratio(row.Standing.OverBaseline.Median), IsNumber: true),
        new("in rounds", row => Range(row.Standing.OverBaseline)),
    ];

    private static readonly Column[] Last =
    [
        new("others", row => Percent(row.Others), IsNumber: true),
        new("bar", row => row.Figure.Bar.Text),
        new("verdict", row => row.Verdict),
    ];

    public static void Write(IReadOnlyList<Row> rows, bool hasBaseline)
    {
        Column[] columns = [.. Always, .. hasBaseline ? WithBaseline : [], .. Last];
        string[][] lines = [[.. columns.Select(column => column.Title)], .. rows.Select(row => Cells(row, columns))];
        var widths = columns.Select((_, index) => lines.Max(line => line[index].Length)).ToArray();
        Console.WriteLine();
        foreach (var line in lines)
        {
            // Words stand left, numbers right.
            var cells = line.Select((cell, index) => columns[index].IsNumber
                ? cell.PadLeft(widths[index])
                : cell.PadRight(widths[index]));
            Console.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }

    public static string Number(double value) => value switch
    {
        double.NaN => "none",
        >= 10_000 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    public static string Percent(double share) =>
        double.IsNaN(share) ? "" : (share * 100).ToString("0 '%'", CultureInfo.InvariantCulture);

    private static string[] Cells(Row row, Column[] columns) => [.. columns.Select(column => column.Cell(row))];

    private static string Ratio(double value) => Text(value, "0.000");

    private static string Range(Spread spread) =>
        double.IsFinite(spread.Median) ? $"{Text(spread.Least, "0.00")}–{Text(spread.Most, "0.00")}" : "";

    private static string Text(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";

    private sealed record Column(string Title, Func<Row, string> Cell, bool IsNumber = false);
}
