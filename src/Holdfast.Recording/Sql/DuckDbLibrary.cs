using System.Reflection;
using System.Runtime.InteropServices;

namespace Holdfast.Recording.Sql;

/// <summary>The part of DuckDB's C interface that is used here (https://duckdb.org/docs/stable/clients/c/api). Only a process
/// of its own may call it, never the gateway: a crash of native code must not end a turn.</summary>
internal static partial class DuckDbLibrary
{
    public const string FileName = "libduckdb.so";

    private const string Name = "duckdb";

    static DuckDbLibrary() => NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);

    /// <summary>Whether the library stands where it is looked for: beside the program.</summary>
    public static bool IsPresent => File.Exists(PathOf());

    [LibraryImport(Name, EntryPoint = "duckdb_create_config")]
    public static partial int CreateConfig(out nint config);

    [LibraryImport(Name, EntryPoint = "duckdb_set_config", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfig(nint config, string name, string value);

    [LibraryImport(Name, EntryPoint = "duckdb_destroy_config")]
    public static partial void DestroyConfig(ref nint config);

    [LibraryImport(Name, EntryPoint = "duckdb_open_ext", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, out nint database, nint config, out nint error);

    [LibraryImport(Name, EntryPoint = "duckdb_close")]
    public static partial void Close(ref nint database);

    [LibraryImport(Name, EntryPoint = "duckdb_connect")]
    public static partial int Connect(nint database, out nint connection);

    [LibraryImport(Name, EntryPoint = "duckdb_disconnect")]
    public static partial void Disconnect(ref nint connection);

    [LibraryImport(Name, EntryPoint = "duckdb_interrupt")]
    public static partial void Interrupt(nint connection);

    [LibraryImport(Name, EntryPoint = "duckdb_free")]
    public static partial void Free(nint memory);

    [LibraryImport(Name, EntryPoint = "duckdb_extract_statements", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ulong ExtractStatements(nint connection, string sql, out nint statements);

    [LibraryImport(Name, EntryPoint = "duckdb_extract_statements_error")]
    public static partial nint ExtractError(nint statements);

    [LibraryImport(Name, EntryPoint = "duckdb_destroy_extracted")]
    public static partial void DestroyExtracted(ref nint statements);

    [LibraryImport(Name, EntryPoint = "duckdb_prepare_extracted_statement")]
    public static partial int PrepareExtracted(nint connection, nint statements, ulong index, out nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_prepare", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Prepare(nint connection, string sql, out nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_prepare_error")]
    public static partial nint PrepareError(nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_prepared_statement_type")]
    public static partial int StatementType(nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_prepared_statement_column_count")]
    public static partial ulong ColumnCount(nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_prepared_statement_column_name")]
    public static partial nint ColumnName(nint prepared, ulong column);

    [LibraryImport(Name, EntryPoint = "duckdb_prepared_statement_column_type")]
    public static partial int ColumnType(nint prepared, ulong column);

    [LibraryImport(Name, EntryPoint = "duckdb_destroy_prepare")]
    public static partial void DestroyPrepared(ref nint prepared);

    [LibraryImport(Name, EntryPoint = "duckdb_execute_prepared_streaming")]
    public static partial int ExecuteStreaming(nint prepared, out DuckDbResult result);

    [LibraryImport(Name, EntryPoint = "duckdb_result_error")]
    public static partial nint ResultError(in DuckDbResult result);

    [LibraryImport(Name, EntryPoint = "duckdb_destroy_result")]
    public static partial void DestroyResult(ref DuckDbResult result);

    [LibraryImport(Name, EntryPoint = "duckdb_fetch_chunk")]
    public static partial nint FetchChunk(DuckDbResult result);

    [LibraryImport(Name, EntryPoint = "duckdb_destroy_data_chunk")]
    public static partial void DestroyChunk(ref nint chunk);

    [LibraryImport(Name, EntryPoint = "duckdb_data_chunk_get_size")]
    public static partial ulong ChunkSize(nint chunk);

    [LibraryImport(Name, EntryPoint = "duckdb_data_chunk_get_vector")]
    public static partial nint ChunkVector(nint chunk, ulong column);

    [LibraryImport(Name, EntryPoint = "duckdb_vector_get_data")]
    public static partial nint VectorData(nint vector);

    [LibraryImport(Name, EntryPoint = "duckdb_vector_get_validity")]
    public static partial nint VectorValidity(nint vector);

    // Tests say where it is; it is large, and they need no copy each.
    private static string PathOf() =>
        AppContext.GetData("Holdfast.DuckDbLibrary") as string ?? Path.Combine(AppContext.BaseDirectory, FileName);

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? search) =>
        library == Name ? NativeLibrary.Load(PathOf()) : 0;
}

/// <summary>A result as the library hands it out; its members are the library's own.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResult
{
    private readonly ulong _columns;
    private readonly ulong _rows;
    private readonly ulong _changed;
    private readonly nint _columnArray;
    private readonly nint _message;
    private readonly nint _internal;
}
