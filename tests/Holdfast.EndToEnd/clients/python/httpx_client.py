"""httpx, which the Python SDKs stand on: reads turns from standard input (a JSON array of { url, body }), sends them
all at once and prints what came of each, in order, as one JSON line."""

import asyncio
import json
import sys

import httpx


async def send(client, turn):
    got = {"status": 0, "headers": {}, "body": "", "failure": None}
    body = b""
    try:
        headers = {"content-type": "application/json"}
        async with client.stream("POST", turn["url"], content=turn["body"], headers=headers) as answer:
            got["status"] = answer.status_code
            got["headers"] = dict(answer.headers)
            async for piece in answer.aiter_bytes():
                body += piece
    except httpx.HTTPError as e:
        got["failure"] = f"{type(e).__name__}: {e}"
    got["body"] = body.decode()
    return got


async def main():
    # The timeout the official Python SDKs set.
    async with httpx.AsyncClient(timeout=httpx.Timeout(600, connect=5)) as client:
        return await asyncio.gather(*(send(client, turn) for turn in json.load(sys.stdin)))


print(json.dumps(asyncio.run(main())))
