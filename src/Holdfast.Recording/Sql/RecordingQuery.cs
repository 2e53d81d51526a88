using System.Text.RegularExpressions;
using Holdfast.Recording.Files;

namespace Holdfast.Recording.Sql;

/// <summary>
/// Answers questions about a recordings folder, and nothing else: one statement that only asks, no file beyond that folder,
/// bounded memory, interruptible. Needs no running gateway.
/// </summary>
internal sealed partial class RecordingQuery : IDisposable
{
    private readonly DuckDb _database;
    private readonly RecordingFiles _files;

    /// <param name="folder">The recordings' folder; one that is missing is empty.</param>
    /// <param name="memoryBytes">How much memory a statement may take.</param>
    /// <param name="statements">What will be asked: other tables are not looked for.</param>
    public RecordingQuery(string folder, long memoryBytes, string statements)
    {
        _files = RecordingFiles.Find(folder);
        _database = new DuckDb(memoryBytes, Environment.ProcessorCount, folder);
        _database.Execute($"SET allowed_directories = [{DuckDb.Quote(folder + "/")}]");
        _database.Execute("SET enable_external_access = false");
        RecordingViews.Create(_database, _files, statements);
        _database.Execute("SET lock_configuration = true");
    }

    /// <summary>Parquet files that were left out because they are missing or were cut.</summary>
    public IReadOnlyList<string> LeftOut => _files.Damaged;

    /// <summary>Runs a statement.</summary>
    /// <param name="sql">One that only asks: SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW; EXPLAIN before it.</param>
    /// <param name="asJson">Whether values come as JSON writes them; else as texts for people.</param>
    public SqlAnswer Ask(string sql, bool asJson)
    {
        var explanation = Explanation().Match(sql);
        var asked = sql[explanation.Length..];
        var count = _database.CountStatements(asked);
        if (count != 1)
        {
            throw new SqlException($"One statement at a time, not {count}.");
        }

        using var statement = _database.Prepare(asked);
        if (!statement.IsSelect)
        {
            throw new SqlException("Recordings are only read: a statement may be SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE or SHOW, with EXPLAIN or EXPLAIN ANALYZE before it.");
        }

        var tree = StatementTree.Read(_database, asked);
        var columns = statement.Columns;
        var improved = StatementTree.Improve(_database, asked, tree, columns.Count);
        if (explanation.Success)
        {
            // What is run is what was checked.
            return new(["plan", "explanation"], [], _database.Query($"{explanation.Value} {improved}"));
        }

        // Whatever a column's type is, the engine writes it as text, or as JSON.
        var text = asJson ? "CAST(to_json(COLUMNS(*)) AS VARCHAR)" : "CAST(COLUMNS(*) AS VARCHAR)";
        return new(columns, statement.Types, _database.Query($"SELECT {text} FROM query({DuckDb.Quote(improved)})"));
    }

    /// <summary>Ends what runs now: it throws. Safe from any thread.</summary>
    public void Interrupt() => _database.Interrupt();

    public void Dispose() => _database.Dispose();

    [GeneratedRegex(@"^\s*EXPLAIN(\s+ANALYZE)?(?=\s)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Explanation();
}

/// <summary>What a statement answers.</summary>
/// <param name="Columns">The names.</param>
/// <param name="Types">Their types, in the engine's numbers.</param>
/// <param name="Rows">The rows.</param>
internal sealed record SqlAnswer(IReadOnlyList<string> Columns, IReadOnlyList<int> Types, SqlRows Rows) : IDisposable
{
    public void Dispose() => Rows.Dispose();
}
