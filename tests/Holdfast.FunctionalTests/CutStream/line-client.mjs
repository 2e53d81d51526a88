// A chat client of the simplest kind: splits each chunk at line ends, takes lines that begin with "data: ", stops at
// [DONE], and reads error.message. It does not join what a chunk border tears apart: whoever serves it must not need that.
const [url, model] = process.argv.slice(2);
const response = await fetch(`${url}v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hello' }] }),
});
if (!response.ok) {
  const { error } = await response.json();
  console.log(JSON.stringify({ status: response.status, type: error.type, message: error.message }));
  process.exit(0);
}

const result = { status: response.status, text: '', error: null, done: false };
const decoder = new TextDecoder();
read: for await (const chunk of response.body) {
  for (const line of decoder.decode(chunk, { stream: true }).split('\n')) {
    if (!line.startsWith('data: ')) {
      continue;
    }

    const data = line.slice('data: '.length);
    if (data === '[DONE]') {
      result.done = true;
      break read;
    }

    const json = JSON.parse(data);
    if (json.error) {
      result.error = `${json.error.type}: ${json.error.message}`;
    } else {
      result.text += json.choices[0]?.delta?.content ?? '';
    }
  }
}

console.log(JSON.stringify(result));
