using System.Text;
using Holdfast.Recording.Parquet;

namespace Holdfast.Recording.Sql;

/// <summary>Makes the tables people ask, as views over the files of one moment: Parquet and the segments that are in none yet.</summary>
internal static class RecordingViews
{
    /// <summary>The rows of exchanges that stand in segments; what is made of them reads this name.</summary>
    private const string Recent = "exchanges";

    public static void Create(DuckDb database, RecordingFiles files)
    {
        foreach (var table in RecordingTable.All)
        {
            database.Execute($"CREATE VIEW {table.Name} AS {SelectAll(table, files)}");
        }

        database.Execute($"CREATE VIEW ai_gateway_attempts AS {EmbeddedSql.Read("views/attempts.sql")}");
        database.Execute(EmbeddedSql.Read("views/bare-json.sql"));
    }

    /// <summary>The names of the tables people ask.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. RecordingTable.All.Select(table => table.Name).Append("ai_gateway_attempts").Order(StringComparer.Ordinal)];

    /// <summary>What stands in lines, as rows of the table.</summary>
    public static string SelectLines(RecordingTable table, IReadOnlyList<string> segments, IReadOnlyList<string> exchanges)
    {
        var parts = new List<string>();
        if (segments.Count > 0)
        {
            parts.Add(table.Columns.Any(column => column.Name == "date")
                ? table.ReadLines(segments)
                : $"SELECT {table.Date} AS date, * FROM ({table.ReadLines(segments)})");
        }

        if (table == RecordingTable.Messages && exchanges.Count > 0)
        {
            parts.Add($"WITH {Recent} AS ({RecordingTable.Exchanges.ReadLines(exchanges)}) "
                + EmbeddedSql.Read("views/messages-of-exchanges.sql"));
        }

        return string.Join(" UNION ALL BY NAME ", parts.Select(part => $"(FROM ({part}))"));
    }

    private static string SelectAll(RecordingTable table, RecordingFiles files)
    {
        var rows = new StringBuilder($"SELECT {(HasDate(table) ? "" : "date, ")}{table.Names} FROM (({Nothing(table)})");
        var exchanges = table == RecordingTable.Messages ? files.SegmentsOf(RecordingTable.Exchanges.Family) : [];
        var lines = SelectLines(table, files.SegmentsOf(table.Family), exchanges);
        if (lines.Length > 0)
        {
            rows.Append(" UNION ALL BY NAME ").Append(lines);
        }

        var parquet = files.ParquetOf(table.Family);
        if (parquet.Count > 0)
        {
            rows.Append(" UNION ALL BY NAME (").Append(RecordingTable.ReadParquet(parquet)).Append(')');
        }

        return rows.Append(')').ToString();
    }

    private static string Nothing(RecordingTable table) =>
        HasDate(table) ? table.Nothing : $"SELECT NULL::VARCHAR AS date, * FROM ({table.Nothing})";

    private static bool HasDate(RecordingTable table) => table.Columns.Any(column => column.Name == "date");
}
