-- Errors by kind: what failed, on whose side, how often, and when last.
SELECT coalesce(error_code, error) AS error_code, error, classification, end_side, upstream, is_sse,
  count(*) AS exchanges, max(started_at) AS last_at
FROM ai_gateway_exchanges
WHERE date >= {since} AND error IS NOT NULL
GROUP BY ALL
ORDER BY exchanges DESC, last_at DESC
