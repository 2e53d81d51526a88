-- How much of the prompts came out of the provider's cache, by client and model.
SELECT client_name, coalesce(model_served, model_sent, model_asked) AS model, count(*) AS exchanges,
  sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens,
  sum(cache_write_tokens) AS cache_write_tokens,
  round(sum(cache_read_tokens) / nullif(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0), 3) AS hit_ratio
FROM ai_gateway_exchanges
WHERE date >= {since} AND usage_state IS NOT NULL
GROUP BY ALL
ORDER BY sum(input_tokens + cache_read_tokens + cache_write_tokens) DESC
