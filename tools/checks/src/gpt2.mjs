// Generates greedily with the published GPT-2 of 124M parameters and compares with the text that transformers generates.
// Takes the weights from Hugging Face's cache or downloads them (548 MB): `npx nx run checks:gpt2`.
import assert from 'node:assert/strict';
import { openEngine } from '@lilformer/engine';
import { loadModel } from '@lilformer/models';
import { generateText } from '@lilformer/sampling';

await openEngine();
const { model, tokenizer } = await loadModel('openai-community/gpt2');
const prompt = 'The future of artificial intelligence will involve';
const { text } = await generateText(model, tokenizer, prompt, { temperature: 0, maxNewTokens: 50 });
assert.equal(
  text.trim(),
  'a lot of work.\n\n"We\'re going to have to see how we do it," said Dr. Michael S. Hirsch, a professor of computer ' +
    'science at the University of California, Berkeley. "We\'re going to have to see',
);
console.log(`${prompt} ${text.trim()}\nThe same as transformers.`);
