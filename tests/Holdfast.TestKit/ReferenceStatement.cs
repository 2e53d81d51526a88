namespace Holdfast.TestKit;

/// <summary>The statement by which users of earlier gateways count broken turns; theirs must run here as it is.</summary>
public static class ReferenceStatement
{
    public const string Sql = """
        SELECT CAST(json_extract(attributes, '$.gateway.error') AS VARCHAR) AS err,
          CAST(json_extract(attributes, '$.gateway.is_sse') AS VARCHAR) AS is_sse,
          count(DISTINCT CAST(json_extract(attributes, '$.gateway.exchange_id') AS VARCHAR)) AS exchanges
        FROM ai_gateway_messages
        WHERE date >= '2026-06-01'
          AND CAST(json_extract(attributes, '$.gateway.upstream') AS VARCHAR) LIKE '%anthropic%'
          AND json_extract(attributes, '$.gateway.error') IS NOT NULL
        GROUP BY 1,2 ORDER BY exchanges DESC
        """;
}
