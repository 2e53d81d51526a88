using System.Globalization;
using Holdfast.Recording.Files;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Sql;

namespace Holdfast.Recording.Parquet;

/// <summary>Finds the rows of a purge. An exchange and the rows of its messages go together, whichever of them was meant. Owns
/// the tables it makes in a database, not the database.</summary>
internal sealed class PurgeMatch
{
    private const string ExchangeOfMessage = "json_extract_string(attributes, '$.gateway.exchange_id')";
    private const int AtOnce = 1000;

    private readonly DuckDb _database;
    private readonly string _ownMessages;
    private readonly string? _socketEvents;

    /// <param name="database">A database of its own.</param>
    /// <param name="files">Where the rows are.</param>
    /// <param name="target">What is meant.</param>
    public PurgeMatch(DuckDb database, RecordingFiles files, PurgeTarget target)
    {
        _database = database;
        RecordingViews.Create(database, files, string.Join(' ', RecordingViews.Names));
        if (target is PurgeTarget.Ignored ignored)
        {
            FindIgnored(ignored.Rules);
        }

        _ownMessages = OwnCondition(target, "session_id", "cwd");
        _socketEvents = target is PurgeTarget.Before or PurgeTarget.All ? OwnCondition(target, "", "") : null;
        var marked = target is PurgeTarget.Ignored ? "coalesce(is_ignored, false) OR " : "";
        database.Execute(
            $"""
            CREATE TEMP TABLE purged AS SELECT DISTINCT id FROM (
              SELECT exchange_id AS id FROM ai_gateway_exchanges WHERE {marked}{OwnCondition(target, "session", "directory")}
              UNION ALL SELECT {ExchangeOfMessage} FROM ai_gateway_messages WHERE {_ownMessages}) WHERE id IS NOT NULL
            """);
    }

    /// <summary>How many rows there are.</summary>
    public PurgeCounts Count() => new(
        CountIn(RecordingTable.Exchanges.Name, RecordingTable.Exchanges),
        CountIn(RecordingTable.Messages.Name, RecordingTable.Messages),
        CountIn(RecordingTable.SocketEvents.Name, RecordingTable.SocketEvents));

    /// <summary>How many rows of a relation go.</summary>
    /// <param name="rows">A relation with the columns of the table.</param>
    /// <param name="table">The table.</param>
    public long CountIn(string rows, RecordingTable table) => ConditionFor(table) is not { } condition ? 0 : long.Parse(
        _database.Scalar($"SELECT count(*) FROM {rows} WHERE {condition}")!, CultureInfo.InvariantCulture);

    /// <summary>Whether a row of a table goes: never NULL; null where none of the table does.</summary>
    public string? ConditionFor(RecordingTable table) =>
        table == RecordingTable.Exchanges ? "exchange_id IN (SELECT id FROM purged)"
        : table == RecordingTable.Messages ? $"({_ownMessages} OR coalesce({ExchangeOfMessage} IN (SELECT id FROM purged), false))"
        : _socketEvents;

    /// <summary>The messages whose rows go, as <see cref="Projection.SeenMessages"/> knows them.</summary>
    public HashSet<ulong> Messages()
    {
        var entries = new HashSet<ulong>();
        using var rows = _database.Query(
            $"""
            SELECT DISTINCT coalesce(conversation_id, session_id), agent_id, message_id
            FROM ai_gateway_messages WHERE {ConditionFor(RecordingTable.Messages)}
            """);
        while (rows.Read())
        {
            entries.Add(Projection.SeenMessages.EntryOf(
                Projection.SeenMessages.ScopeOf(rows.Text(0) ?? "", rows.Text(1)), rows.Text(2) ?? ""));
        }

        return entries;
    }

    // By what a row itself says.
    private static string OwnCondition(PurgeTarget target, string session, string directory) => target switch
    {
        PurgeTarget.OfSession of => $"coalesce({session} = {DuckDb.Quote(of.Session)}, false)",
        PurgeTarget.OfDirectory of => IsAtOrBelow(directory, of.Directory),
        PurgeTarget.Before before =>
            $"coalesce(date < {DuckDb.Quote(before.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))}, false)",
        PurgeTarget.Ignored => $"{KeyOf(session, directory)} IN (SELECT key FROM ignored)",
        _ => "true",
    };

    // As PrivacyRules sees it.
    private static string IsAtOrBelow(string column, string directory)
    {
        var above = directory.TrimEnd('/', '\\');
        return $"""coalesce({column} = {DuckDb.Quote(above)} OR starts_with({column}, {DuckDb.Quote(above + "/")})"""
            + $""" OR starts_with({column}, {DuckDb.Quote(above + "\\")}), false)""";
    }

    private static string KeyOf(string session, string directory) => $"coalesce({session}, '') || chr(10) || coalesce({directory}, '')";

    // The rules are asked about each session and directory there is: only they know their order.
    private void FindIgnored(PrivacyRules rules)
    {
        var keys = new List<string>();
        using (var pairs = _database.Query(
            """
            SELECT DISTINCT coalesce(session, ''), coalesce(directory, '') FROM ai_gateway_exchanges
            UNION SELECT DISTINCT coalesce(session_id, ''), coalesce(cwd, '') FROM ai_gateway_messages
            """))
        {
            while (pairs.Read())
            {
                var (session, directory) = (pairs.Text(0)!, pairs.Text(1)!);
                var decision = rules.For(
                    session.Length > 0 ? session : null, directory.Length > 0 ? directory : null, BodyRecording.None);
                if (decision.Keep == RecordKeeping.Ignore)
                {
                    keys.Add($"{session}\n{directory}");
                }
            }
        }

        _database.Execute("CREATE TEMP TABLE ignored (key VARCHAR)");
        foreach (var some in keys.Chunk(AtOnce))
        {
            _database.Execute($"INSERT INTO ignored VALUES {string.Join(", ", some.Select(key => $"({DuckDb.Quote(key)})"))}");
        }
    }
}
