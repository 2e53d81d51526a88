// Node's own HTTP/2 client: sends the turns of standard input (a JSON array of { url, body }) over one connection and
// prints what came of each as one JSON line. Argument: the file with the certificate to trust.
import http2 from 'node:http2';
import { readFileSync } from 'node:fs';

const turns = JSON.parse(readFileSync(0, 'utf8'));
const session = http2.connect(new URL(turns[0].url).origin, { ca: readFileSync(process.argv[2]) });

const send = ({ url, body }) => new Promise((resolve) => {
  const got = { status: 0, headers: {}, body: '', failure: null };
  const { pathname, search } = new URL(url);
  const stream = session.request({ ':method': 'POST', ':path': pathname + search, 'content-type': 'application/json' });
  stream.setEncoding('utf8');
  stream.on('response', ({ ':status': status, ...headers }) => Object.assign(got, { status, headers }));
  stream.on('data', (piece) => { got.body += piece; });
  stream.on('error', (e) => { got.failure = `${e.name}: ${e.message}`; });
  stream.on('close', () => resolve(got));
  stream.end(body);
});

const results = await Promise.all(turns.map(send));
session.close();
console.log(JSON.stringify(results));
