// Plain fetch, as Node and Bun have it: reads turns from standard input (a JSON array of { url, body }), sends them all
// at once and prints what came of each, in order, as one JSON line.
import { readFileSync } from 'node:fs';

async function send({ url, body }) {
  const got = { status: 0, headers: {}, body: '', failure: null };
  try {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    got.status = answer.status;
    got.headers = Object.fromEntries(answer.headers);
    const decoder = new TextDecoder();
    for await (const piece of answer.body) got.body += decoder.decode(piece, { stream: true });
  } catch (e) {
    got.failure = `${e.name}: ${[e.message, e.cause?.message, e.cause?.code].filter(Boolean).join(' | ')}`;
  }
  return got;
}

const turns = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(await Promise.all(turns.map(send))));
// Idle keep-alive connections would keep the process.
process.exit(0);
