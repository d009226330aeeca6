// A profile of the tokens that a model writes: a process of its own, told in JSON what to do; prints a table.
import { openFor } from './engine.js';
import { WRITTEN } from './generation-models.js';
import { createWriter, writeGreedily } from './generation-writer.js';
import { profileTable } from './profile-table.js';
import { Profiler, total } from './profile.js';
import { digits } from './table.js';

const task = JSON.parse(process.argv[2]) as { model: string; engine: string };
const engine = await openFor(task.engine, 'float32');
const { model, prompt } = createWriter(task.model);
const bare = Math.min(...[0, 1].map(() => writeGreedily(model, prompt).ms));

const profiler = new Profiler();
writeGreedily(model, prompt, () => profiler.phase('token'));
const profile = profiler.take();
const rate = (ms: number): string => `${digits(((WRITTEN - 1) / ms) * 1e3)} tokens/s`;
console.log(
  `${task.model} | float32 on ${engine.describe()} | ${WRITTEN - 1} tokens: ${digits(total(profile))} ms, ` +
    `${rate(total(profile))} (without timers ${rate(bare)})\n\n${profileTable(profile)}\n`,
);
