using Holdfast.Recording.Files;

namespace Holdfast.Recording.Sql;

/// <summary>Makes the tables people ask, as views over the files of one moment: Parquet and the segments that are in none yet.</summary>
internal static class RecordingViews
{
    /// <summary>The rows of exchanges that stand in segments; what is made of them reads this name.</summary>
    private const string Recent = "exchanges";

    private const string Attempts = "ai_gateway_attempts";

    /// <summary>The names of the tables people ask.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. RecordingTable.All.Select(table => table.Name).Append(Attempts).Order(StringComparer.Ordinal)];

    // What asks for the tables themselves.
    private static readonly string[] OfTables =
        ["ai_gateway", "show", "describe", "summarize", "duckdb_", "information_schema", "pg_", "sqlite_"];

    /// <summary>Makes those a statement may mean: each costs a look into files.</summary>
    public static void Create(DuckDb database, RecordingFiles files, string statement)
    {
        database.Execute(EmbeddedSql.Read("views/bare-json.sql"));
        database.Execute($"CREATE SCHEMA {ShreddedPaths.Schema}");
        var wanted = Names.Where(name => statement.Contains(name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (wanted.Count == 0 && OfTables.Any(word => statement.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            wanted = [.. Names];
        }

        foreach (var table in RecordingTable.All.Where(table =>
            wanted.Contains(table.Name) || (table == RecordingTable.Exchanges && wanted.Contains(Attempts))))
        {
            var inFull = $"{(table == RecordingTable.Messages ? ShreddedPaths.Schema : "main")}.{table.Name}";
            database.Execute($"CREATE VIEW {inFull} AS {SelectAll(table, files)}");
            if (table == RecordingTable.Messages)
            {
                database.Execute($"CREATE VIEW {table.Name} AS SELECT {table.Names} FROM {inFull}");
            }
        }

        if (wanted.Contains(Attempts))
        {
            database.Execute($"CREATE VIEW {Attempts} AS {EmbeddedSql.Read("views/attempts.sql")}");
        }
    }

    /// <summary>What stands in lines, as it stands in Parquet.</summary>
    /// <param name="table">The table.</param>
    /// <param name="segments">Segments of its own.</param>
    /// <param name="exchanges">Segments of exchanges that rows are made of: of messages only.</param>
    public static string SelectLines(RecordingTable table, IReadOnlyList<string> segments, IReadOnlyList<string> exchanges)
    {
        var parts = new List<string>();
        if (segments.Count > 0)
        {
            parts.Add(table.HasDate ? table.ReadLines(segments) : $"SELECT {table.Date} AS date, * FROM ({table.ReadLines(segments)})");
        }

        if (table == RecordingTable.Messages && exchanges.Count > 0)
        {
            parts.Add($"WITH {Recent} AS ({RecordingTable.Exchanges.ReadLines(exchanges)}) "
                + EmbeddedSql.Read("views/messages-of-exchanges.sql"));
        }

        var rows = string.Join(" UNION ALL BY NAME ", parts.Select(part => $"(FROM ({part}))"));
        return parts.Count > 0 && table == RecordingTable.Messages ? ShreddedPaths.AddTo(rows) : rows;
    }

    private static string SelectAll(RecordingTable table, RecordingFiles files)
    {
        var exchanges = table == RecordingTable.Messages ? files.SegmentsOf(RecordingTable.Exchanges.Family) : [];
        var lines = SelectLines(table, files.SegmentsOf(table.Family), exchanges);
        var parts = files.ParquetOf(table.Family).Select(group => ReadParquet(table, group)).Prepend(table.Nothing);
        return string.Join(" UNION ALL BY NAME ", (lines.Length > 0 ? parts.Append(lines) : parts).Select(part => $"(FROM ({part}))"));
    }

    // Files of another form may lack a path that has a column now: it is taken out of their JSON.
    private static string ReadParquet(RecordingTable table, IGrouping<string, string> files) =>
        table == RecordingTable.Messages && files.Key != table.Form
            ? ShreddedPaths.AddTo($"SELECT COLUMNS(name -> NOT starts_with(name, '$.')) FROM ({RecordingTable.ReadParquet(files)})")
            : RecordingTable.ReadParquet(files);
}
