// Times loading and generation of one model with lilformer, through the sampling library and by a loop around the model;
// called with a JSON task, prints one JSON line.
import { generate } from '@lilformer/sampling';
import type { Precision } from './contestants.js';
import { openFor } from './engine.js';
import { canGenerate, generateGreedily, load, processPrompt, promptOf } from './generation-model.js';
import { BATCH, NEW_TOKENS, PROMPT, promptFlops, weightBytes } from './generation-models.js';

/** Small models are repeated until the JavaScript is compiled. */
const LEAST_MS = 1000;

const task = JSON.parse(process.argv[2]) as {
  model: string;
  folder: string;
  engine: string;
  precision: Precision;
  repeats: number;
};
const engine = await openFor(task.engine, task.precision);
const { model, ms: loading } = await load(task.folder, task.precision);
const prompt = promptOf(task.model);

const best = { prompt: Infinity, library: Infinity, model: Infinity };
let ids: number[] = [];
const begun = performance.now();
for (let i = 0; i < task.repeats || performance.now() - begun < LEAST_MS; i++) {
  const processed = processPrompt(task.model, model);
  best.prompt = Math.min(best.prompt, processed.ms);
  if (!canGenerate(model)) {
    ids = processed.ids;
    continue;
  }
  const library: number[] = [];
  let first = 0;
  for await (const { id } of generate(model, undefined, prompt, {
    maxNewTokens: NEW_TOKENS,
    temperature: 0,
    eosTokenId: [],
  })) {
    if (library.push(id) === 1) first = performance.now();
  }
  best.library = Math.min(best.library, performance.now() - first);

  const direct = generateGreedily(model, prompt);
  best.model = Math.min(best.model, direct.ms);
  ids = library;
  if (direct.ids.join() !== library.join()) {
    throw new Error('the sampling library and the loop around the model generate different tokens');
  }
}
const rate = (ms: number): number => ((NEW_TOKENS - 1) / ms) * 1e3;
console.log(
  JSON.stringify({
    peer: `lilformer on ${engine.describe()}`,
    model: task.model,
    parameters: model.parameterCount(),
    ids,
    load_ms: loading,
    prompt_ms: best.prompt,
    prompt_flops: promptFlops(task.model, model),
    weight_bytes: weightBytes(model),
    ...(canGenerate(model)
      ? { tokens_per_s: rate(best.library), model_tokens_per_s: rate(best.model) }
      : { tokens_per_s: ((BATCH * PROMPT) / best.prompt) * 1e3 }),
  }),
);
