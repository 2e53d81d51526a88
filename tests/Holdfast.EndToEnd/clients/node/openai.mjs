// Drives the official OpenAI SDK: Chat and Responses.
import OpenAI from 'openai';
import { makeCalls } from './calls.mjs';

const clientFor = (baseURL) => new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: 'not-a-key', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];

function note(response, seen) {
  seen.end = response.status;
  for (const item of response.output) {
    if (item.type === 'message') seen.text = item.content.map((part) => part.text).join('');
    if (item.type === 'reasoning') [seen.thinking, seen.signature] = [item.summary[0]?.text, item.encrypted_content];
    if (item.type === 'function_call') [seen.tool, seen.toolInput] = [item.name, item.arguments];
  }
}

await makeCalls({
  async 'chat-stream'({ baseURL, model }, seen) {
    const stream = await clientFor(baseURL).chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      seen.events.push(chunk.object);
      seen.text += choice?.delta.content ?? '';
      seen.thinking += choice?.delta.reasoning_content ?? '';
      seen.end = choice?.finish_reason ?? seen.end;
      for (const call of choice?.delta.tool_calls ?? []) {
        seen.tool ??= call.function.name;
        seen.toolInput = (seen.toolInput ?? '') + (call.function.arguments ?? '');
      }
    }
  },
  async 'chat-whole'({ baseURL, model }, seen) {
    const [choice] = (await clientFor(baseURL).chat.completions.create({ model, messages })).choices;
    [seen.text, seen.end] = [choice.message.content, choice.finish_reason];
    seen.tool = choice.message.tool_calls?.[0].function.name ?? null;
  },
  async 'responses-stream'({ baseURL, model }, seen) {
    const stream = clientFor(baseURL).responses.stream({ model, input: 'hello' });
    for await (const event of stream) {
      seen.events.push(event.type);
      if (event.type === 'response.output_text.delta') seen.text += event.delta;
      if (event.type === 'response.failed') {
        const { code, message } = event.response.error;
        seen.error = { name: event.type, status: null, type: code, message };
      }
    }
    note(await stream.finalResponse(), seen);
  },
  async 'responses-whole'({ baseURL, model }, seen) {
    note(await clientFor(baseURL).responses.create({ model, input: 'hello' }), seen);
  },
  async models({ baseURL }, seen) {
    for await (const model of clientFor(baseURL).models.list()) seen.events.push(model.id);
  },
});
