-- The longest silences of upstreams within an answer, and whether keepalives bridged them.
SELECT exchange_id, started_at, upstream, coalesce(model_served, model_sent, model_asked) AS model,
  round(longest_gap_ms / 1000, 1) AS longest_gap_s, keepalives, events, "end", error
FROM ai_gateway_exchanges
WHERE date >= {since} AND longest_gap_ms >= 1000
ORDER BY longest_gap_ms DESC
LIMIT 20
