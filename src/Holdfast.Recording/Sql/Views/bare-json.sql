-- Strings come out of JSON bare: 'client_aborted', not '"client_aborted"'. Objects and numbers as they stand there; JSON's
-- null is NULL.
CREATE MACRO json_extract(json, path) AS system.main.json_extract_string(json, path)
