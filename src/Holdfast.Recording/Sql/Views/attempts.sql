-- One row an attempt: those that failed, as they were judged, and the last one where it was answered or its client left: what
-- is known of that one stands in the exchange. Older lines have a phase with a capital letter.
SELECT
  date, exchange_id, started_at, session, protocol, route,
  failed.attempt AS attempt, failed.upstream AS upstream, failed.credential AS credential,
  coalesce(failed.model, model_asked) AS model,
  false AS answered, lower(failed.phase) AS phase, failed.status AS status, failed.error AS error, failed.raw_error AS raw_error,
  failed.reason AS reason, failed.kind AS kind, failed.rule AS rule, failed.action AS action, failed.delay_ms AS delay_ms,
  failed.ended_ms AS ended_ms,
  failed.started_ms AS started_ms, failed.headers_ms AS headers_ms, failed.first_event_ms AS first_event_ms,
  failed.first_output_ms AS first_output_ms, failed.longest_gap_ms AS longest_gap_ms, failed.events AS events,
  failed.upstream_request_id AS upstream_request_id, failed.closed_first AS closed_first,
  failed.terminal_seen AS terminal_seen, failed.connection_reused AS connection_reused, failed.dns_ms AS dns_ms,
  failed.connect_ms AS connect_ms, failed.tls_ms AS tls_ms, failed.tls_version AS tls_version,
  failed.model_served AS model_served, failed.usage_state AS usage_state, failed.input_tokens AS input_tokens,
  failed.output_tokens AS output_tokens, failed.cache_read_tokens AS cache_read_tokens,
  failed.cache_write_tokens AS cache_write_tokens, failed.cache_write_1h_tokens AS cache_write_1h_tokens,
  failed.reasoning_tokens AS reasoning_tokens, failed.server_tool_requests AS server_tool_requests,
  failed.service_tier AS service_tier, failed.cost_usd AS cost_usd, failed.cost_state AS cost_state
FROM (SELECT *, unnest(failed_attempts) AS failed FROM ai_gateway_exchanges WHERE failed_attempts IS NOT NULL)
UNION ALL
SELECT
  date, exchange_id, started_at, session, protocol, route,
  attempts, upstream, credential,
  coalesce(model_sent, model_asked),
  "end" = 'completed', NULL, upstream_status, error_code, error_detail,
  NULL, NULL, NULL, "end", NULL,
  total_ms,
  CASE WHEN attempts = 1 THEN dispatched_ms END, headers_ms, first_event_ms, first_output_ms, longest_gap_ms, events,
  upstream_request_id, closed_first, terminal_seen, connection_reused, dns_ms, connect_ms, tls_ms, tls_version,
  model_served, usage_state, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  cache_write_1h_tokens, reasoning_tokens, server_tool_requests, service_tier, cost_usd, cost_state
FROM ai_gateway_exchanges
WHERE attempts > coalesce(len(failed_attempts), 0)
