using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Recording.Records;

namespace Holdfast.Recording.Sql;

/// <summary>A column: its name and the engine's type.</summary>
internal sealed record RecordingColumn(string Name, string Type);

/// <summary>A table that stands in files: what its lines and its Parquet hold. Other tables are made of these.</summary>
/// <param name="Family">The word in the files' names.</param>
/// <param name="Name">What queries call it.</param>
/// <param name="Columns">The members of a line, in the order of the table.</param>
/// <param name="Key">A column that every line has; a line without it was torn.</param>
/// <param name="Date">The day a row belongs to, in UTC, as an expression over the columns.</param>
/// <param name="MaxLineBytes">How long a line may be; nobody writes a longer one, since it could not be read back. Costs its
/// reader twice as much memory.</param>
internal sealed record RecordingTable(
    string Family, string Name, IReadOnlyList<RecordingColumn> Columns, string Key, string Date, int MaxLineBytes)
{
    private const string DayOfStart = "strftime(started_at, '%Y-%m-%d')";

    /// <summary>One row an exchange.</summary>
    public static RecordingTable Exchanges { get; } = new(
        "exchanges", "ai_gateway_exchanges", ColumnsOf(RecordJson.Default.ExchangeRecord), "exchange_id", DayOfStart,
        RecordLine.MaxBytes);

    /// <summary>One row for each thing that happened to a client's connection.</summary>
    public static RecordingTable SocketEvents { get; } = new(
        "socket-events", "ai_gateway_socket_events", ColumnsOf(RecordJson.Default.SocketEventRecord), "kind",
        "strftime(happened_at, '%Y-%m-%d')", RecordLine.MaxBytes);

    /// <summary>One row a part of a message. Rows of exchanges whose bodies are not recorded are made of those.</summary>
    public static RecordingTable Messages { get; } = new(
        "messages", "ai_gateway_messages", ColumnsOf(RecordJson.Default.MessageRecord), "part_id", "date", 16 * 1024 * 1024);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RecordingTable> All { get; } = [Exchanges, SocketEvents, Messages];

    /// <summary>The columns as one list of names.</summary>
    public string Names => string.Join(", ", Columns.Select(column => DuckDb.Name(column.Name)));

    /// <summary>Reads lines of segments; a torn one is passed over.</summary>
    public string ReadLines(IEnumerable<string> files)
    {
        var columns = string.Join(", ", Columns.Select(column => $"{DuckDb.Quote(column.Name)}: {DuckDb.Quote(column.Type)}"));
        return $"""
            SELECT * FROM read_json({ListOf(files)}, format = 'newline_delimited', ignore_errors = true,
              maximum_object_size = {MaxLineBytes}, columns = {"{"}{columns}{"}"}) WHERE {Key} IS NOT NULL
            """;
    }

    /// <summary>Reads Parquet of one form.</summary>
    public static string ReadParquet(IEnumerable<string> files) => $"SELECT * FROM read_parquet({ListOf(files)})";

    /// <summary>Reads one Parquet file with all columns that a condition may name, and those it has besides.</summary>
    public string ReadWhole(string file) => $"({Nothing}) UNION ALL BY NAME ({ReadParquet([file])})";

    /// <summary>Whether its lines tell the day.</summary>
    public bool HasDate => Columns.Any(column => column.Name == "date");

    /// <summary>Every column as it stands in Parquet, and no rows: what a file of an older form lacks is NULL beside it.</summary>
    public string Nothing
    {
        get
        {
            IEnumerable<RecordingColumn> date = HasDate ? [] : [new("date", "VARCHAR")];
            var shredded = this == Messages ? ShreddedPaths.All.Select(path => new RecordingColumn(path, "VARCHAR")) : [];
            return $"SELECT {string.Join(", ", date.Concat(Columns).Concat(shredded).Select(c => $"NULL::{c.Type} AS {DuckDb.Name(c.Name)}"))} WHERE false";
        }
    }

    /// <summary>Tells files of one form from those of another: they have the same columns. Opening one then tells of all.</summary>
    public string Form => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Nothing)).AsSpan(0, 4));

    private static string ListOf(IEnumerable<string> files) => $"[{string.Join(", ", files.Select(DuckDb.Quote))}]";

    private static List<RecordingColumn> ColumnsOf(JsonTypeInfo type) =>
        [.. type.Properties.Select(property => new RecordingColumn(property.Name, TypeOf(property.PropertyType)))];

    /// <summary>The engine's type for a member of a record.</summary>
    public static string TypeOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) || t.IsEnum => "VARCHAR",
        var t when t == typeof(bool) => "BOOLEAN",
        var t when t == typeof(int) => "INTEGER",
        var t when t == typeof(long) => "BIGINT",
        var t when t == typeof(double) => "DOUBLE",
        var t when t == typeof(DateTimeOffset) => "TIMESTAMP",
        var t when t == typeof(IReadOnlyList<AttemptRecord>) => $"STRUCT({string.Join(", ",
            ColumnsOf(RecordJson.Default.AttemptRecord).Select(c => $"{DuckDb.Name(c.Name)} {c.Type}"))})[]",
        var t => throw new NotSupportedException($"No column holds a {t.Name}."),
    };
}
