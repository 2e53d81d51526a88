-- One row an attempt: those that failed, as they were judged, and the last one where it was answered or its client left.
SELECT
  date, exchange_id, started_at, session, protocol, route,
  failed.attempt AS attempt, failed.upstream AS upstream, failed.credential AS credential,
  coalesce(failed.model, model_asked) AS model,
  false AS answered, failed.phase AS phase, failed.status AS status, failed.error AS error, failed.raw_error AS raw_error,
  failed.reason AS reason, failed.kind AS kind, failed.rule AS rule, failed.action AS action, failed.delay_ms AS delay_ms,
  failed.ended_ms AS ended_ms, NULL::DOUBLE AS headers_ms, NULL::DOUBLE AS first_output_ms
FROM (SELECT *, unnest(failed_attempts) AS failed FROM ai_gateway_exchanges WHERE failed_attempts IS NOT NULL)
UNION ALL
SELECT
  date, exchange_id, started_at, session, protocol, route,
  attempts, upstream, credential,
  coalesce(model_sent, model_asked),
  "end" = 'completed', NULL, upstream_status, error_code, error_detail,
  NULL, NULL, NULL, "end", NULL,
  total_ms, headers_ms, first_output_ms
FROM ai_gateway_exchanges
WHERE attempts > coalesce(len(failed_attempts), 0)
