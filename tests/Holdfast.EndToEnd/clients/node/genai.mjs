// Drives the official Google GenAI SDK.
import { GoogleGenAI } from '@google/genai';
import { makeCalls } from './calls.mjs';

const clientFor = (baseUrl) => new GoogleGenAI({ apiKey: 'not-a-key', httpOptions: { baseUrl } });
const contents = 'hello';

function note(answer, seen) {
  const [candidate] = answer.candidates ?? [];
  seen.end = candidate?.finishReason ?? seen.end;
  for (const part of candidate?.content?.parts ?? []) {
    if (part.text && part.thought) seen.thinking += part.text;
    else if (part.text) seen.text += part.text;
    const call = part.functionCall;
    if (call) [seen.tool, seen.toolInput] = [call.name, JSON.stringify(call.args)];
    seen.signature = part.thoughtSignature ?? seen.signature;
  }
}

await makeCalls({
  async stream({ baseURL, model }, seen) {
    for await (const chunk of await clientFor(baseURL).models.generateContentStream({ model, contents })) {
      seen.events.push('chunk');
      note(chunk, seen);
    }
  },
  async whole({ baseURL, model }, seen) {
    note(await clientFor(baseURL).models.generateContent({ model, contents }), seen);
  },
  async count({ baseURL, model }, seen) {
    seen.text = String((await clientFor(baseURL).models.countTokens({ model, contents })).totalTokens);
  },
  async models({ baseURL }, seen) {
    for await (const model of await clientFor(baseURL).models.list()) seen.events.push(model.name);
  },
});
