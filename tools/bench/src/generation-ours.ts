// Our side of the generation race: one model in a process of its own, told in JSON what to do; prints one line. The
// same tokens are written twice: through the sampling library, and by a loop around the model that takes the likeliest.
import { generate } from '@lilformer/sampling';
import type { Precision } from './contestants.js';
import { openFor } from './engine.js';
import { PROMPT, readingFlops, TEXTS, weightBytes, WRITTEN } from './generation-models.js';
import { isWriter, load, promptOf, read, writeGreedily } from './generation-writer.js';

/** The peer's repeats of the smallest model take about as long: short ones are repeated until JavaScript is compiled. */
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

const best = { prompt: Infinity, library: Infinity, alone: Infinity };
let ids: number[] = [];
const begun = performance.now();
for (let i = 0; i < task.repeats || performance.now() - begun < LEAST_MS; i++) {
  const reading = read(task.model, model);
  best.prompt = Math.min(best.prompt, reading.ms);
  if (!isWriter(model)) {
    ids = reading.ids;
    continue;
  }
  const library: number[] = [];
  let first = 0;
  for await (const { id } of generate(model, undefined, prompt, {
    maxNewTokens: WRITTEN,
    temperature: 0,
    eosTokenId: [],
  })) {
    if (library.push(id) === 1) first = performance.now();
  }
  best.library = Math.min(best.library, performance.now() - first);

  const alone = writeGreedily(model, prompt);
  best.alone = Math.min(best.alone, alone.ms);
  ids = library;
  if (alone.ids.join() !== library.join()) {
    throw new Error('the library wrote other tokens than the model alone: there is nothing to compare');
  }
}
const rate = (ms: number): number => ((WRITTEN - 1) / ms) * 1e3;
console.log(
  JSON.stringify({
    peer: `lilformer on ${engine.describe()}`,
    model: task.model,
    parameters: model.parameterCount(),
    ids,
    load_ms: loading,
    prompt_ms: best.prompt,
    prompt_flops: readingFlops(task.model, model),
    weight_bytes: weightBytes(model),
    ...(isWriter(model)
      ? { tokens_per_s: rate(best.library), alone_tokens_per_s: rate(best.alone) }
      : { tokens_per_s: ((TEXTS * PROMPT) / best.prompt) * 1e3 }),
  }),
);
