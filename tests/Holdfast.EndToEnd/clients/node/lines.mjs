// The stream reader of a widely copied sample: splits each chunk at line ends, takes the lines that begin with
// "data: ", stops at [DONE], parses JSON and reads error.message. Arguments: base URL, model. Prints one JSON line.
const [baseURL, model] = process.argv.slice(2);
const seen = { text: '', error: null, done: false };

const answer = await fetch(`${baseURL}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], stream: true }),
});
const reader = answer.body.getReader();
const decoder = new TextDecoder();

reading: while (true) {
  const { done, value } = await reader.read();
  if (done) break;
  for (const line of decoder.decode(value, { stream: true }).split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const data = line.slice('data: '.length);
    if (data === '[DONE]') {
      seen.done = true;
      break reading;
    }
    const event = JSON.parse(data);
    if (event.error) seen.error = event.error.message;
    else seen.text += event.choices[0].delta.content ?? '';
  }
}

console.log(JSON.stringify(seen));
process.exit(0);
