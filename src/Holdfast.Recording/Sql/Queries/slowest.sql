-- The exchanges whose first output came last.
SELECT exchange_id, started_at, upstream, coalesce(model_served, model_sent, model_asked) AS model,
  round(headers_ms) AS headers_ms, round(first_event_ms) AS first_event_ms, round(first_output_ms) AS first_output_ms,
  round(total_ms) AS total_ms, attempts, "end"
FROM ai_gateway_exchanges
WHERE date >= {since} AND coalesce(first_output_ms, headers_ms) IS NOT NULL
ORDER BY coalesce(first_output_ms, headers_ms) DESC
LIMIT 20
