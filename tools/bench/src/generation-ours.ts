// Our side of the generation race: one model in a process of its own, told in JSON what to do; prints one line. The
// same tokens are written twice: through the sampling library, and by a loop around the model that takes the likeliest.
import { generateIds } from '@lilformer/sampling';
import { openFor } from './engine.js';
import { WRITTEN } from './generation-models.js';
import { createWriter, writeGreedily } from './generation-writer.js';

/** The peer's repeats of the smallest model take about as long: short ones are repeated until JavaScript is compiled. */
const LEAST_MS = 1000;

const task = JSON.parse(process.argv[2]) as { model: string; engine: string; repeats: number };
const engine = await openFor(task.engine, 'float32');
const { model, prompt } = createWriter(task.model);

const best = { prompt: Infinity, library: Infinity, alone: Infinity };
const begun = performance.now();
for (let i = 0; i < task.repeats || performance.now() - begun < LEAST_MS; i++) {
  const library: number[] = [];
  const start = performance.now();
  let first = 0;
  for await (const { id } of generateIds(model, prompt, { maxTokens: WRITTEN, temperature: 0 })) {
    if (library.push(id) === 1) first = performance.now();
  }
  best.prompt = Math.min(best.prompt, first - start);
  best.library = Math.min(best.library, performance.now() - first);

  const alone = writeGreedily(model, prompt);
  best.alone = Math.min(best.alone, alone.ms);
  if (alone.ids.join() !== library.join()) {
    throw new Error('the library wrote other tokens than the model alone: there is nothing to compare');
  }
}
console.log(
  JSON.stringify({
    peer: `lilformer on ${engine.describe()}`,
    model: task.model,
    parameters: model.parameterCount(),
    prompt_ms: best.prompt,
    tokens_per_s: ((WRITTEN - 1) / best.library) * 1e3,
    alone_tokens_per_s: ((WRITTEN - 1) / best.alone) * 1e3,
  }),
);
