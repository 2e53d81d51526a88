// Drives the official Anthropic SDK.
import Anthropic from '@anthropic-ai/sdk';
import { makeCalls } from './calls.mjs';

const clientFor = (baseURL) => new Anthropic({ baseURL, apiKey: 'not-a-key', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];
const tools = [{ name: 'read_file', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }];

function note(message, seen) {
  seen.end = message.stop_reason;
  for (const block of message.content) {
    if (block.type === 'text') seen.text = block.text;
    if (block.type === 'thinking') [seen.thinking, seen.signature] = [block.thinking, block.signature];
    if (block.type === 'tool_use') [seen.tool, seen.toolInput] = [block.name, JSON.stringify(block.input)];
  }
}

await makeCalls({
  async stream({ baseURL, model }, seen) {
    const stream = clientFor(baseURL).messages.stream({ model, max_tokens: 64, messages, tools });
    stream.on('text', (text) => { seen.text += text; });
    stream.on('streamEvent', (event) => seen.events.push(event.type));
    note(await stream.finalMessage(), seen);
  },
  async whole({ baseURL, model }, seen) {
    note(await clientFor(baseURL).messages.create({ model, max_tokens: 64, messages, tools }), seen);
  },
  async count({ baseURL, model }, seen) {
    seen.text = String((await clientFor(baseURL).messages.countTokens({ model, messages })).input_tokens);
  },
  async models({ baseURL }, seen) {
    for await (const model of clientFor(baseURL).models.list()) seen.events.push(model.id);
  },
});
