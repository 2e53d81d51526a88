using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Recording.Sql;

/// <summary>A database in memory, with one connection: the engine that reads recordings and writes Parquet. Reaches for no
/// network and loads nothing from outside. For one thread; only <see cref="Interrupt"/> may be called from others.</summary>
internal sealed class DuckDb : IDisposable
{
    /// <summary>How the folders begin in which engines put what memory has no room for: one an engine, gone with it.</summary>
    public const string TemporaryPrefix = "tmp-";

    private readonly string _temporaryFolder;
    private nint _database;
    private nint _connection;

    /// <param name="memoryBytes">How much memory it may take; beyond it, it uses its folder for temporary files.</param>
    /// <param name="threads">How many threads work.</param>
    /// <param name="folder">Where a folder is made, when it is needed, for what memory has no room for.</param>
    public DuckDb(long memoryBytes, int threads, string folder)
    {
        if (!DuckDbLibrary.IsPresent)
        {
            throw new SqlException(
                $"{DuckDbLibrary.FileName} is missing beside the program, so recordings can be written but not queried. "
                + "The build fetches it with npm (Node 20 or newer); `eng/fetch-duckdb` says what went wrong.");
        }

        // Two engines must never share one: their files bear the same names.
        _temporaryFolder = Path.Combine(folder, $"{TemporaryPrefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}");
        _ = DuckDbLibrary.CreateConfig(out var config);
        Set("memory_limit", string.Create(CultureInfo.InvariantCulture, $"{memoryBytes}B"));
        Set("threads", threads.ToString(CultureInfo.InvariantCulture));
        Set("temp_directory", _temporaryFolder);
        Set("max_temp_directory_size", "8GB");
        Set("autoinstall_known_extensions", "false");
        Set("autoload_known_extensions", "false");
        Set("allow_community_extensions", "false");
        var failed = DuckDbLibrary.Open(":memory:", out _database, config, out var error);
        DuckDbLibrary.DestroyConfig(ref config);
        if (failed != 0)
        {
            var why = Marshal.PtrToStringUTF8(error);
            DuckDbLibrary.Free(error);
            throw new SqlException($"The database engine does not start: {why}");
        }

        if (DuckDbLibrary.Connect(_database, out _connection) != 0)
        {
            throw new SqlException("The database engine takes no connection.");
        }

        void Set(string name, string value)
        {
            if (DuckDbLibrary.SetConfig(config, name, value) != 0)
            {
                throw new SqlException($"The database engine does not know the setting {name} = {value}.");
            }
        }
    }

    /// <summary>Runs a statement of our own that answers nothing of interest.</summary>
    public void Execute(string sql)
    {
        using var rows = Query(sql);
        while (rows.Read())
        {
            // What it answers is counts.
        }
    }

    /// <summary>The first column of the first row; null where there is no row.</summary>
    public string? Scalar(string sql)
    {
        using var rows = Query($"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({sql})");
        return rows.Read() ? rows.Text(0) : null;
    }

    /// <summary>Runs a statement; the rows come as they are read.</summary>
    public SqlRows Query(string sql)
    {
        var statement = Prepare(sql);
        if (DuckDbLibrary.ExecuteStreaming(statement.Handle, out var result) != 0)
        {
            var why = ErrorOf(result);
            DuckDbLibrary.DestroyResult(ref result);
            statement.Dispose();
            throw new SqlException(why);
        }

        return new SqlRows(statement, result);
    }

    /// <summary>Checks a statement against the tables, without running it.</summary>
    public SqlStatement Prepare(string sql)
    {
        if (DuckDbLibrary.Prepare(_connection, sql, out var prepared) == 0)
        {
            return new SqlStatement(prepared);
        }

        var why = Marshal.PtrToStringUTF8(DuckDbLibrary.PrepareError(prepared));
        DuckDbLibrary.DestroyPrepared(ref prepared);
        throw new SqlException(why ?? "The statement cannot be understood.");
    }

    /// <summary>How many statements a text holds. Throws where it is none.</summary>
    public int CountStatements(string sql)
    {
        var count = DuckDbLibrary.ExtractStatements(_connection, sql, out var statements);
        var why = count == 0 ? Marshal.PtrToStringUTF8(DuckDbLibrary.ExtractError(statements)) : null;
        DuckDbLibrary.DestroyExtracted(ref statements);
        return why is { Length: > 0 } ? throw new SqlException(why) : (int)count;
    }

    /// <summary>Ends what runs now: it throws. Safe from any thread.</summary>
    public void Interrupt() => DuckDbLibrary.Interrupt(_connection);

    /// <summary>A text as SQL writes it.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name as SQL writes it.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public void Dispose()
    {
        DuckDbLibrary.Disconnect(ref _connection);
        DuckDbLibrary.Close(ref _database);
        if (Directory.Exists(_temporaryFolder))
        {
            Directory.Delete(_temporaryFolder, recursive: true);
        }
    }

    internal static string ErrorOf(in DuckDbResult result) =>
        Marshal.PtrToStringUTF8(DuckDbLibrary.ResultError(result)) ?? "The statement failed.";
}

/// <summary>A statement the engine has understood.</summary>
internal sealed class SqlStatement(nint handle) : IDisposable
{
    private const int Select = 1;

    private nint _handle = handle;

    public nint Handle => _handle;

    /// <summary>Whether it only asks.</summary>
    public bool IsSelect => DuckDbLibrary.StatementType(_handle) == Select;

    /// <summary>The names of what it answers.</summary>
    public IReadOnlyList<string> Columns =>
        [.. Enumerable.Range(0, (int)DuckDbLibrary.ColumnCount(_handle)).Select(ColumnAt)];

    /// <summary>The types of what it answers, in the engine's numbers.</summary>
    public IReadOnlyList<int> Types =>
        [.. Enumerable.Range(0, (int)DuckDbLibrary.ColumnCount(_handle)).Select(i => DuckDbLibrary.ColumnType(_handle, (ulong)i))];

    public void Dispose() => DuckDbLibrary.DestroyPrepared(ref _handle);

    private string ColumnAt(int index)
    {
        var text = DuckDbLibrary.ColumnName(_handle, (ulong)index);
        var name = Marshal.PtrToStringUTF8(text) ?? "";
        DuckDbLibrary.Free(text);
        return name;
    }
}

/// <summary>The rows of an answer, one after the other. Reads columns of texts only: whoever wants others lets the engine
/// make texts of them.</summary>
internal sealed unsafe class SqlRows(SqlStatement statement, DuckDbResult result) : IDisposable
{
    private DuckDbResult _result = result;
    private nint _chunk;
    private int _size;
    private int _row = -1;

    /// <summary>Goes to the next row; false behind the last.</summary>
    public bool Read()
    {
        while (++_row >= _size)
        {
            DuckDbLibrary.DestroyChunk(ref _chunk);
            _chunk = DuckDbLibrary.FetchChunk(_result);
            if (_chunk == 0)
            {
                // Behind the last row, or a failure under way.
                var why = Marshal.PtrToStringUTF8(DuckDbLibrary.ResultError(_result));
                return string.IsNullOrEmpty(why) ? false : throw new SqlException(why);
            }

            (_size, _row) = ((int)DuckDbLibrary.ChunkSize(_chunk), -1);
        }

        return true;
    }

    /// <summary>A column of the present row; null for NULL.</summary>
    public string? Text(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Bytes(column));

    /// <summary>Whether a column of the present row is NULL.</summary>
    public bool IsNull(int column)
    {
        var validity = (ulong*)DuckDbLibrary.VectorValidity(DuckDbLibrary.ChunkVector(_chunk, (ulong)column));
        return validity is not null && (validity[_row / 64] & (1UL << (_row % 64))) == 0;
    }

    /// <summary>A column of the present row that is not NULL, as UTF-8; valid until the next row is read.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        const int SizeOfText = 16;
        const int LongestInPlace = 12;
        var data = (byte*)DuckDbLibrary.VectorData(DuckDbLibrary.ChunkVector(_chunk, (ulong)column)) + (_row * SizeOfText);
        var length = *(int*)data;
        return new(length <= LongestInPlace ? data + 4 : *(byte**)(data + 8), length);
    }

    public void Dispose()
    {
        DuckDbLibrary.DestroyChunk(ref _chunk);
        DuckDbLibrary.DestroyResult(ref _result);
        statement.Dispose();
    }
}

/// <summary>The engine refused: what it said.</summary>
internal sealed class SqlException(string message, Exception? inner = null) : Exception(message, inner);
