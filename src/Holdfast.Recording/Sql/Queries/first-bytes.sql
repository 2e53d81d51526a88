-- How long the first event and the first output take, and how much of it the gateway itself, by model and upstream.
SELECT coalesce(model_served, model_sent, model_asked) AS model, upstream, count(*) AS exchanges,
  round(quantile_cont(dispatched_ms, 0.5), 2) AS gateway_p50_ms,
  round(quantile_cont(dispatched_ms, 0.95), 2) AS gateway_p95_ms,
  round(quantile_cont(coalesce(first_event_ms, headers_ms), 0.5)) AS first_event_p50_ms,
  round(quantile_cont(coalesce(first_event_ms, headers_ms), 0.95)) AS first_event_p95_ms,
  round(quantile_cont(first_output_ms, 0.5)) AS first_output_p50_ms,
  round(quantile_cont(first_output_ms, 0.95)) AS first_output_p95_ms,
  round(max(coalesce(first_output_ms, headers_ms))) AS slowest_ms
FROM ai_gateway_exchanges
WHERE date >= {since} AND headers_ms IS NOT NULL
GROUP BY ALL
ORDER BY first_output_p95_ms DESC NULLS LAST
