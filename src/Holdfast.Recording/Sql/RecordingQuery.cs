using System.Text.RegularExpressions;
using Holdfast.Recording.Parquet;

namespace Holdfast.Recording.Sql;

/// <summary>
/// Answers questions about a recordings folder, and nothing else: one statement that only asks, no file beyond that folder,
/// bounded memory, interruptible. Needs no running gateway.
/// </summary>
internal sealed partial class RecordingQuery : IDisposable
{
    private readonly DuckDb _database;

    /// <param name="folder">The recordings' folder; one that is missing is empty.</param>
    /// <param name="memoryBytes">How much memory a statement may take.</param>
    /// <param name="statements">What will be asked: other tables are not looked for.</param>
    public RecordingQuery(string folder, long memoryBytes, string statements)
    {
        _database = new DuckDb(memoryBytes, Environment.ProcessorCount, Path.Combine(folder, "tmp"));
        _database.Execute($"SET allowed_directories = [{DuckDb.Quote(folder + "/")}]");
        _database.Execute("SET enable_external_access = false");
        RecordingViews.Create(_database, RecordingFiles.Find(folder), statements);
        _database.Execute("SET lock_configuration = true");
    }

    /// <summary>Runs a statement.</summary>
    /// <param name="sql">One that only asks: SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW, EXPLAIN.</param>
    /// <param name="asJson">Whether values come as JSON writes them; else as texts for people.</param>
    public SqlAnswer Ask(string sql, bool asJson)
    {
        var count = _database.CountStatements(sql);
        if (count != 1)
        {
            throw new SqlException($"One statement at a time, not {count}.");
        }

        using var statement = _database.Prepare(sql);
        if (statement.IsExplanation)
        {
            CheckExplained(sql);
            return new(statement.Columns, [], _database.Query(sql));
        }

        if (!statement.IsSelect)
        {
            throw new SqlException("Recordings are only read: a statement may be SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN.");
        }

        // Whatever a column's type is, the engine writes it as text, or as JSON.
        var text = asJson ? "CAST(to_json(COLUMNS(*)) AS VARCHAR)" : "CAST(COLUMNS(*) AS VARCHAR)";
        var columns = statement.Columns;
        var improved = StatementTree.Improve(_database, sql, columns.Count);
        return new(columns, statement.Types, _database.Query($"SELECT {text} FROM query({DuckDb.Quote(improved)})"));
    }

    /// <summary>Ends what runs now: it throws. Safe from any thread.</summary>
    public void Interrupt() => _database.Interrupt();

    public void Dispose() => _database.Dispose();

    // To explain with ANALYZE is to run.
    private void CheckExplained(string sql)
    {
        var explained = Explain().Replace(sql, "", 1);
        using var statement = _database.Prepare(explained);
        if (!statement.IsSelect)
        {
            throw new SqlException("Recordings are only read: what is explained may only ask, too.");
        }
    }

    [GeneratedRegex(@"^\s*EXPLAIN(\s+ANALYZE)?(\s*\([^)]*\))?", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Explain();
}

/// <summary>What a statement answers.</summary>
/// <param name="Columns">The names.</param>
/// <param name="Types">Their types, in the engine's numbers.</param>
/// <param name="Rows">The rows.</param>
internal sealed record SqlAnswer(IReadOnlyList<string> Columns, IReadOnlyList<int> Types, SqlRows Rows) : IDisposable
{
    public void Dispose() => Rows.Dispose();
}
