-- Turns that came again and got the answer made for them before, and what another call would have cost.
SELECT again.date, first.upstream, coalesce(first.model_served, first.model_sent, first.model_asked) AS model,
  count(*) AS turns, sum(first.output_tokens) AS output_tokens_saved,
  sum(first.input_tokens + first.cache_read_tokens + first.cache_write_tokens) AS prompt_tokens_saved,
  round(sum(first.cost_usd), 4) AS cost_usd_saved
FROM ai_gateway_exchanges AS again
LEFT JOIN ai_gateway_exchanges AS first ON first.exchange_id = again.retry_of
WHERE again.date >= {since} AND again.reattached
GROUP BY ALL
ORDER BY again.date DESC, turns DESC
