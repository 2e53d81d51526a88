namespace Holdfast.Recording.Sql;

/// <summary>What went through the gateway lately, in a few tables.</summary>
internal static class Overview
{
    private const string Tokens =
        "sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens, sum(output_tokens) AS output_tokens";

    /// <summary>How many days hold anything, and since when.</summary>
    public const string Probe = "SELECT count(DISTINCT date) AS days, min(date) AS first FROM ai_gateway_exchanges";

    /// <summary>The tables, by their names.</summary>
    /// <param name="since">The first day they look at.</param>
    public static IReadOnlyList<(string Name, string Sql)> Sections(string since)
    {
        var from = $"WHERE date >= {DuckDb.Quote(since)}";
        return
        [
            ("models", $"""
                SELECT coalesce(model_served, model_sent, model_asked) AS model, upstream, count(*) AS exchanges,
                  count(*) FILTER (WHERE error IS NOT NULL) AS errors, {Tokens}, round(sum(cost_usd), 4) AS cost_usd
                FROM ai_gateway_exchanges {from} AND model_asked IS NOT NULL
                GROUP BY ALL ORDER BY exchanges DESC LIMIT 15
                """),
            ("days", $"""
                SELECT date, count(*) AS exchanges, count(DISTINCT session) AS sessions,
                  count(*) FILTER (WHERE error IS NOT NULL) AS errors, {Tokens}, round(sum(cost_usd), 4) AS cost_usd
                FROM ai_gateway_exchanges {from}
                GROUP BY ALL ORDER BY date DESC LIMIT 31
                """),
            ("errors", $"""
                SELECT coalesce(error_code, error) AS error_code, upstream, count(*) AS exchanges, max(started_at) AS last_at
                FROM ai_gateway_exchanges {from} AND error IS NOT NULL
                GROUP BY ALL ORDER BY exchanges DESC LIMIT 10
                """),
            ("repos", $"""
                SELECT repo_root, count(DISTINCT session_id) AS sessions
                FROM ai_gateway_messages {from} AND repo_root IS NOT NULL
                GROUP BY ALL ORDER BY sessions DESC LIMIT 10
                """),
            ("tools", $"""
                SELECT tool_name, count(*) AS calls, count(DISTINCT session_id) AS sessions
                FROM ai_gateway_messages {from} AND part_type = 'tool_call' AND tool_name IS NOT NULL
                GROUP BY ALL ORDER BY calls DESC LIMIT 10
                """),
        ];
    }
}
