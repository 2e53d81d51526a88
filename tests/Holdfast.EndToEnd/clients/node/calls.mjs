// Shared by the scripts that drive an SDK: reads the calls from standard input (a JSON array of
// { op, model, baseURL }), makes them all at once and prints what came of each, in order, as one JSON line.
import { readFileSync } from 'node:fs';

export async function makeCalls(operations) {
  const calls = JSON.parse(readFileSync(0, 'utf8'));
  const results = await Promise.all(calls.map((call) => make(operations, call)));
  console.log(JSON.stringify(results));
  // Idle keep-alive connections would keep the process.
  process.exit(0);
}

// What had come before an error counts: it is written into `seen` as it comes.
async function make(operations, call) {
  const seen = nothingSeen();
  try {
    await operations[call.op](call, seen);
  } catch (e) {
    seen.error = {
      name: e.constructor.name,
      status: e.status ?? null,
      type: e.error?.error?.type ?? e.error?.type ?? e.type ?? null,
      message: [e.message, e.cause?.message, e.cause?.code].filter(Boolean).join(' | '),
    };
  }
  return seen;
}

const nothingSeen = () => ({
  text: '', thinking: '', signature: null, tool: null, toolInput: null, end: null, events: [], error: null,
});
