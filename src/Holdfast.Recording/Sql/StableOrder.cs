using System.Text.Json.Nodes;

namespace Holdfast.Recording.Sql;

/// <summary>Lets grouped rows that tie come in the order of their columns, so that the same question gets the same
/// answer: an engine on several threads hands them out in any.</summary>
internal static class StableOrder
{
    /// <summary>The statement with the whole order; itself where it does not group and order.</summary>
    /// <param name="database">Reads and writes statements.</param>
    /// <param name="sql">A statement that only asks.</param>
    /// <param name="columns">How many columns it answers.</param>
    public static string Of(DuckDb database, string sql, int columns)
    {
        if (!sql.Contains("group", StringComparison.OrdinalIgnoreCase) || !sql.Contains("order", StringComparison.OrdinalIgnoreCase))
        {
            return sql;
        }

        try
        {
            var tree = JsonNode.Parse(database.Scalar($"SELECT json_serialize_sql({DuckDb.Quote(sql)})")!)!;
            if (tree["statements"]?[0]?["node"] is not JsonObject node || !Groups(node) || OrderOf(node) is not { } order)
            {
                return sql;
            }

            for (var column = 1; column <= columns; column++)
            {
                order.Add(Ascending(column));
            }

            return database.Scalar($"SELECT json_deserialize_sql({DuckDb.Quote(tree.ToJsonString())})") ?? sql;
        }
        catch (SqlException)
        {
            // A form of statement that has no tree yet: it is answered as it stands.
            return sql;
        }
    }

    private static bool Groups(JsonObject node) =>
        node["group_expressions"] is JsonArray { Count: > 0 } || (string?)node["aggregate_handling"] == "FORCE_AGGREGATES";

    private static JsonArray? OrderOf(JsonObject node) => (node["modifiers"] as JsonArray)?
        .FirstOrDefault(modifier => (string?)modifier?["type"] == "ORDER_MODIFIER")?["orders"] as JsonArray;

    private static JsonObject Ascending(int column) => new()
    {
        ["type"] = "ORDER_DEFAULT",
        ["null_order"] = "ORDER_DEFAULT",
        ["expression"] = new JsonObject
        {
            ["class"] = "CONSTANT",
            ["type"] = "VALUE_CONSTANT",
            ["alias"] = "",
            ["query_location"] = 0,
            ["value"] = new JsonObject
            {
                ["type"] = new JsonObject { ["id"] = "INTEGER", ["type_info"] = null },
                ["is_null"] = false,
                ["value"] = column,
            },
        },
    };
}
