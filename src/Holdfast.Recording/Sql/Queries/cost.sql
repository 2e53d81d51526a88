-- Tokens and cost by day, credential and model. Exchanges whose model has no known price are counted apart, never as zero.
SELECT date, coalesce(credential, 'client') AS credential, coalesce(model_served, model_sent, model_asked) AS model,
  count(*) AS exchanges,
  sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens,
  sum(cache_write_tokens) AS cache_write_tokens, sum(output_tokens) AS output_tokens,
  round(sum(cost_usd), 4) AS cost_usd, count(*) FILTER (WHERE cost_usd IS NULL) AS without_price
FROM ai_gateway_exchanges
WHERE date >= {since} AND usage_state IS NOT NULL
GROUP BY ALL
ORDER BY date DESC, cost_usd DESC NULLS LAST
