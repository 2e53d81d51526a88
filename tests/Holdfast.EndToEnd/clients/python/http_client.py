"""http.client of the standard library: reads turns from standard input (a JSON array of { url, body }), sends them
all at once, a thread each, and prints what came of each, in order, as one JSON line."""

import http.client
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


def send(turn):
    got = {"status": 0, "headers": {}, "body": "", "failure": None}
    url = urlsplit(turn["url"])
    connection = http.client.HTTPConnection(url.netloc)
    body = b""
    try:
        target = url.path + ("?" + url.query if url.query else "")
        connection.request("POST", target, turn["body"], {"content-type": "application/json"})
        answer = connection.getresponse()
        got["status"] = answer.status
        got["headers"] = {name.lower(): value for name, value in answer.getheaders()}
        while piece := answer.read1():
            body += piece
    except (OSError, http.client.HTTPException) as e:
        got["failure"] = f"{type(e).__name__}: {e}"
    got["body"] = body.decode()
    return got


turns = json.load(sys.stdin)
with ThreadPoolExecutor(len(turns)) as threads:
    print(json.dumps(list(threads.map(send, turns))))
