using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Recording.Sql;

/// <summary>A statement as its user wrote it, changed where that says the same, better: groups that tie come in the order of
/// their columns, since an engine on several threads hands them out in any; and what everybody asks of <c>attributes</c> is
/// read from columns of its own instead of out of JSON, ten times as fast.</summary>
internal static class StatementTree
{
    private static readonly string[] Extracts = ["json_extract", "json_extract_string", "->>"];

    // What makes rows of nothing or of values, and what tells of tables. All others may read files, or write them.
    private static readonly string[] Harmless =
        ["unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree", "pragma_table_info", "summary"];

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    /// <summary>The tree of a statement that only asks; throws for one that calls what may do more.</summary>
    public static JsonNode Read(DuckDb database, string sql)
    {
        try
        {
            var tree = JsonNode.Parse(
                database.Scalar($"SELECT json_serialize_sql({DuckDb.Quote(sql)})")!, documentOptions: Deep)!;
            if (tree["statements"] is not JsonArray { Count: 1 })
            {
                throw new SqlException(TextOf(tree["error_message"]) ?? "The statement cannot be understood.");
            }

            var calls = Descendants(tree).Where(one => TextOf(one["type"]) == "TABLE_FUNCTION")
                .Select(one => TextOf(one["function"]?["function_name"]) ?? "");
            return calls.FirstOrDefault(name => !IsHarmless(name)) is not { } other ? tree
                : throw new SqlException($"Recordings are only read: {other}() may not be called. The tables are {string.Join(", ", RecordingViews.Names)}.");
        }
        catch (JsonException deep)
        {
            throw new SqlException("The statement is nested too deeply.", deep);
        }
    }

    /// <summary>The statement to run; the same one where nothing is to be gained, or it has a form that is not known.</summary>
    /// <param name="database">Reads and writes statements; its tables are there.</param>
    /// <param name="sql">A statement that only asks.</param>
    /// <param name="tree">Its tree; changed.</param>
    /// <param name="columns">How many columns it answers.</param>
    public static string Improve(DuckDb database, string sql, JsonNode tree, int columns)
    {
        if (!IsWorthIt(sql) || tree["statements"]?[0]?["node"] is not JsonObject node || !(Order(node, columns) | Shred(node)))
        {
            return sql;
        }

        try
        {
            var improved = database.Scalar($"SELECT json_deserialize_sql({DuckDb.Quote(tree.ToJsonString())})") ?? sql;
            database.Prepare(improved).Dispose();
            return improved;
        }
        catch (Exception e) when (e is SqlException or JsonException or InvalidOperationException)
        {
            // What cannot be written down from its tree, or means something else then: it is answered as it stands.
            return sql;
        }
    }

    private static bool IsHarmless(string name) =>
        Harmless.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("duckdb_", StringComparison.OrdinalIgnoreCase);

    private static bool IsWorthIt(string sql) =>
        sql.Contains("attributes", StringComparison.OrdinalIgnoreCase)
        || (sql.Contains("group", StringComparison.OrdinalIgnoreCase) && sql.Contains("order", StringComparison.OrdinalIgnoreCase));

    // Its other columns, from the first to the last, behind the order it asks for.
    private static bool Order(JsonObject node, int columns)
    {
        var groups = node["group_expressions"] is JsonArray { Count: > 0 } || TextOf(node["aggregate_handling"]) == "FORCE_AGGREGATES";
        var order = (node["modifiers"] as JsonArray)?
            .FirstOrDefault(modifier => TextOf(modifier?["type"]) == "ORDER_MODIFIER")?["orders"] as JsonArray;
        if (!groups || order is null)
        {
            return false;
        }

        for (var column = 1; column <= columns; column++)
        {
            order.Add(JsonNode.Parse(
                $$"""
                {
                  "type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT",
                  "expression": {
                    "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0,
                    "value": { "type": { "id": "INTEGER", "type_info": null }, "is_null": false, "value": {{column}} }
                  }
                }
                """));
        }

        return true;
    }

    // Only a plain statement over that one table: within another one "attributes" might be something else.
    private static bool Shred(JsonObject node)
    {
        var all = Descendants(node).ToList();
        if (node["from_table"] is not JsonObject table
            || TextOf(table["type"]) != "BASE_TABLE" || TextOf(table["table_name"]) != RecordingTable.Messages.Name
            || TextOf(table["schema_name"]) != "" || table["column_name_alias"] is JsonArray { Count: > 0 }
            || all.Count(one => TextOf(one["type"]) is "SELECT_NODE") != 1
            || all.Count(one => TextOf(one["type"]) is "BASE_TABLE") != 1
            || all.Any(one => TextOf(one["class"]) is "STAR" or "SUBQUERY" or "LAMBDA"))
        {
            return false;
        }

        var isChanged = false;
        foreach (var call in all.Where(IsExtract).ToList())
        {
            if (call["children"] is JsonArray { Count: 2 } children
                && children[0] is JsonObject source && TextOf(source["class"]) == "COLUMN_REF"
                && source["column_names"] is JsonArray { Count: > 0 } names && TextOf(names[^1]) == "attributes"
                && TextOf(children[1]?["class"]) == "CONSTANT" && TextOf(children[1]!["value"]?["value"]) is { } path && ShreddedPaths.All.Contains(path))
            {
                names[^1] = path;
                var column = source.DeepClone().AsObject();
                column["alias"] = call["alias"]?.DeepClone();
                call.Clear();
                foreach (var (name, member) in column.ToList())
                {
                    column.Remove(name);
                    call[name] = member;
                }

                isChanged = true;
            }
        }

        if (isChanged)
        {
            table["schema_name"] = ShreddedPaths.Schema;
        }

        return isChanged;
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsExtract(JsonObject one) =>
        TextOf(one["class"]) == "FUNCTION" && Extracts.Contains(TextOf(one["function_name"])) && TextOf(one["schema"]) == "";

    private static IEnumerable<JsonObject> Descendants(JsonNode? node)
    {
        if (node is JsonObject one)
        {
            // Those below first: who changes them has them all.
            foreach (var below in one.ToList().SelectMany(member => Descendants(member.Value)))
            {
                yield return below;
            }
        }
        else if (node is JsonArray many)
        {
            foreach (var below in many.SelectMany(Descendants))
            {
                yield return below;
            }
        }

        if (node is JsonObject self)
        {
            yield return self;
        }
    }
}

/// <summary>What everybody asks of <c>attributes</c>: in Parquet each of these paths is a column of its own as well, a text named
/// by its path, NULL where the path leads nowhere.</summary>
internal static class ShreddedPaths
{
    /// <summary>Where the tables stand that have these columns; those people see do not.</summary>
    public const string Schema = "shredded";

    public static IReadOnlyList<string> All { get; } =
    [
        "$.gateway.exchange_id", "$.gateway.upstream", "$.gateway.status_code", "$.gateway.is_sse", "$.gateway.error",
        "$.usage.input_tokens", "$.usage.output_tokens", "$.usage.cache_read_tokens", "$.usage.cache_write_tokens",
        "$.usage.total_tokens",
    ];

    /// <summary>Adds them to rows of messages.</summary>
    public static string AddTo(string rows)
    {
        var paths = string.Join(", ", All.Select(DuckDb.Quote));
        var columns = string.Join(", ", All.Select((path, at) => $"paths[{at + 1}] AS {DuckDb.Name(path)}"));
        return $"SELECT * EXCLUDE (paths), {columns} FROM (SELECT *, json_extract_string(attributes, [{paths}]) AS paths FROM ({rows}))";
    }
}
