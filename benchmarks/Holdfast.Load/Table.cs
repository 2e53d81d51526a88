using System.Globalization;

namespace Holdfast.Load;

/// <summary>One figure of one measure, both sides beside each other, and what others took of the machine.</summary>
internal sealed record Row(string Measure, Figure Figure, double Gateway, double Floor, double Others)
{
    public bool IsMissed => double.IsNaN(Gateway) || !Figure.Bar.Holds(Gateway, Floor);

    public string Verdict => this switch
    {
        { IsMissed: true } => "MISSED",
        { Figure.Bar.Text: "" } => "",
        _ => "ok",
    };

    public string Difference => Text(Gateway - Floor, "+0.##;-0.##;0");

    public string Ratio => Text(Gateway / Floor, "0.00 ×");

    private static string Text(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";
}

/// <summary>Writes the rows as one table.</summary>
internal static class Table
{
    private static readonly string[] Titles =
        ["measure", "figure", "gateway", "floor", "ratio", "difference", "others", "bar", "verdict"];

    public static void Write(IReadOnlyList<Row> rows)
    {
        string[][] lines = [Titles, .. rows.Select(Cells)];
        var widths = Titles.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        Console.WriteLine();
        foreach (var line in lines)
        {
            // Words stand left, numbers right.
            var cells = line.Select((cell, column) => column is >= 2 and <= 6
                ? cell.PadLeft(widths[column])
                : cell.PadRight(widths[column]));
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

    private static string[] Cells(Row row) =>
    [
        row.Measure,
        $"{row.Figure.Name} {row.Figure.Unit}".TrimEnd(),
        Number(row.Gateway),
        Number(row.Floor),
        row.Ratio,
        row.Difference,
        Percent(row.Others),
        row.Figure.Bar.Text,
        row.Verdict,
    ];
}
