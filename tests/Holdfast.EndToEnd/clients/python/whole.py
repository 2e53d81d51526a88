"""A caller of whole answers as a widely copied sample has it: raises for the status and, for a 502, looks at
error.type. Arguments: base URL, model. Prints one JSON line."""

import json
import sys

import httpx

base_url, model = sys.argv[1:]
try:
    answer = httpx.post(
        f"{base_url}/v1/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": "hello"}]},
        timeout=30,
    )
    answer.raise_for_status()
    print(json.dumps({"text": answer.json()["choices"][0]["message"]["content"]}))
except httpx.HTTPStatusError as e:
    error = e.response.json()["error"]
    lost = e.response.status_code == 502 and error["type"] == "connection_error"
    print(json.dumps({"connection_lost": lost, "message": error["message"]}))
