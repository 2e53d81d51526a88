-- One row of ai_gateway_messages for an exchange whose bodies are not recorded: that it was, what it used, how it ended.
-- Columns that would come out of a body are NULL. Reads "exchanges".
SELECT
  'holdfast' AS gateway_id,
  7 AS schema_version,
  coalesce(session, exchange_id) AS session_id,
  CASE protocol WHEN 'openai-chat' THEN 'openai' WHEN 'openai-responses' THEN 'openai' ELSE coalesce(protocol, 'unknown') END
    AS provider,
  coalesce(model_served, model_sent, model_asked) AS model,
  started_at AS conversation_started_at,
  client_name,
  client_version,
  exchange_id AS message_id,
  upstream_request_id AS request_id,
  0 AS message_index,
  started_at + to_microseconds(CAST(total_ms * 1000 AS BIGINT)) AS message_created_at,
  'assistant' AS role,
  exchange_id || '#0' AS part_id,
  0 AS part_index,
  CASE WHEN error IS NULL THEN 'unrecorded' ELSE 'error' END AS part_type,
  error IS NOT NULL AS is_error,
  CASE WHEN error IS NOT NULL THEN concat(
    '{"finish_reason":"error","error_code":', to_json(coalesce(error_code, error)),
    ',"error_message":', to_json(error), '}') END AS status,
  concat(
    '{"gateway":{"exchange_id":', to_json(exchange_id),
    ',"upstream":' || to_json(upstream)::VARCHAR,
    ',"method":', to_json(method),
    ',"path":', to_json(concat(path, query)),
    ',"status_code":', status,
    ',"request_bytes":', request_bytes,
    ',"response_bytes":', response_bytes,
    ',"is_sse":', is_sse,
    ',"stream_event_count":' || CASE WHEN is_sse THEN events END,
    CASE WHEN session IS NULL THEN ',"identity_source":"gateway_fallback"' END,
    ',"error":' || to_json(error)::VARCHAR,
    '}',
    CASE WHEN usage_state IS NOT NULL THEN concat(
      ',"usage":{"input_tokens":', coalesce(input_tokens, 0),
      ',"output_tokens":', coalesce(output_tokens, 0),
      ',"cache_read_tokens":', coalesce(cache_read_tokens, 0),
      ',"cache_write_tokens":', coalesce(cache_write_tokens, 0),
      ',"total_tokens":', coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_tokens, 0),
      '}') END,
    CASE WHEN client_name IS NOT NULL THEN concat(
      ',"client":{"name":', to_json(client_name), ',"version":' || to_json(client_version)::VARCHAR, '}') END,
    '}') AS attributes,
  strftime(started_at, '%Y-%m-%d') AS date
FROM exchanges
WHERE messages IS NULL AND (error IS NOT NULL OR model_asked IS NOT NULL)
