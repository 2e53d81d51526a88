using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Recording.Records;
using Holdfast.Recording.Sql;

namespace Holdfast.Cli.Documents;

/// <summary>Writes <c>docs/schema.md</c>: the tables of <c>holdfast query</c>, column by column.</summary>
internal static class TablesDocument
{
    private const string Introduction = """
        # The tables of recordings

        What `holdfast query sql` can ask, and what the Parquet files below `HOLDFAST_HOME/recordings` hold. How recordings are
        written, kept and asked is told in [recording.md](recording.md). `date` is a day in UTC (`2026-11-21`); times are UTC
        without a zone. What is not known is NULL. JSON stands in columns of text; `json_extract` gives its strings bare.

        """;

    private const string AttemptsOnly = """
        | `date`, `exchange_id`, `started_at`, `session`, `protocol`, `route` | | As the exchange's. |
        | `answered` | BOOLEAN | Whether its answer became the exchange's. |

        """;

    public static string Write(DocComments comments)
    {
        var page = new StringBuilder($"{GeneratedDocuments.Notice}\n{Introduction.ReplaceLineEndings("\n")}");
        Begin(page, RecordingTable.Exchanges.Name, "One row an exchange, whatever became of it.");
        page.Append("| `date` | VARCHAR | The day it began. |\n");
        WriteColumns(page, RecordingTable.Exchanges, RecordJson.Default.ExchangeRecord, comments);
        Begin(
            page, "ai_gateway_attempts",
            "One row an attempt: those that failed, as they were judged, and the last one where it was answered or its client left.");
        page.Append(AttemptsOnly.ReplaceLineEndings("\n"));
        WriteColumns(page, null, RecordJson.Default.AttemptRecord, comments);
        Begin(page, RecordingTable.Messages.Name, """
            One row a part of a message, each message once. Without recorded bodies an exchange is one row: `part_type` is
            `unrecorded`, or `error`, and what would come out of a body is NULL. `attributes` holds `gateway` (`exchange_id`,
            `upstream`, `method`, `path`, `status_code`, `request_bytes`, `response_bytes`, `is_sse`, `stream_event_count`, `error`,
            `identity_source`, and with bodies `request_headers`, `response_headers`), `usage` (`input_tokens` without cache,
            `output_tokens`, `cache_read_tokens`, `cache_write_tokens`, `reasoning_tokens`, `total_tokens`; on one row an answer, so
            that a plain SUM is right) and `client` (`name`, `version`).
            """);
        WriteColumns(page, RecordingTable.Messages, RecordJson.Default.MessageRecord, comments);
        Begin(page, RecordingTable.SocketEvents.Name, "One row for each thing that happened to a client's connection.");
        page.Append("| `date` | VARCHAR | The day it happened. |\n");
        WriteColumns(page, RecordingTable.SocketEvents, RecordJson.Default.SocketEventRecord, comments);
        WriteWords(page, comments);
        return page.ToString();
    }

    private static void Begin(StringBuilder page, string table, string meaning) =>
        page.Append($"\n## {table}\n\n{meaning.ReplaceLineEndings("\n")}\n\n| column | type | meaning |\n|---|---|---|\n");

    private static void WriteColumns(StringBuilder page, RecordingTable? table, JsonTypeInfo type, DocComments comments)
    {
        foreach (var property in type.Properties)
        {
            var name = property.AttributeProvider is System.Reflection.MemberInfo member ? member.Name : property.Name;
            var meaning = comments.OfProperty(type.Type, name) ?? "Always NULL: other writers of this table fill it.";
            var sql = table?.Columns.Single(column => column.Name == property.Name).Type ?? RecordingTable.TypeOf(property.PropertyType);
            var words = WordsOf(property.PropertyType) is { } some ? $" One of {string.Join(", ", some.Values)}." : "";
            page.Append($"| `{property.Name}` | {(sql.StartsWith("STRUCT", StringComparison.Ordinal) ? "list of attempts" : sql)} | {
                Markdown.Text(meaning)}{words} |\n");
        }
    }

    // A word is explained once, however many columns hold it.
    private static void WriteWords(StringBuilder page, DocComments comments)
    {
        page.Append("\n## Words\n\nWhat columns may hold that hold one of a few words.\n");
        var columns = RecordJson.Default.ExchangeRecord.Properties.Concat(RecordJson.Default.AttemptRecord.Properties)
            .Where(property => WordsOf(property.PropertyType) is not null)
            .GroupBy(property => property.PropertyType, property => property.Name);
        foreach (var kind in columns)
        {
            var type = Nullable.GetUnderlyingType(kind.Key) ?? kind.Key;
            page.Append($"\n### {string.Join(", ", kind.Distinct(StringComparer.Ordinal).Select(name => $"`{name}`"))}\n\n{
                Markdown.Text(comments.OfType(type))}\n\n| word | meaning |\n|---|---|\n");
            foreach (var (member, word) in WordsOf(kind.Key)!)
            {
                page.Append($"| {word} | {Markdown.Text(comments.OfMember(type, member))} |\n");
            }
        }
    }

    /// <summary>The words of a member's type, as they are written down, by their names in the code; null for a type of another
    /// kind.</summary>
    private static Dictionary<string, string>? WordsOf(Type type)
    {
        var words = Nullable.GetUnderlyingType(type) ?? type;
        return !words.IsEnum ? null : Enum.GetNames(words).ToDictionary(
            name => name,
            name => $"`{JsonSerializer.Serialize(Enum.Parse(words, name), type, RecordJson.Default).Trim('"')}`",
            StringComparer.Ordinal);
    }
}
