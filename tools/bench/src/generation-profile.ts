// A profile of the tokens that a model writes: a process of its own, told in JSON what to do; prints a table.
import type { Precision } from './contestants.js';
import { openFor } from './engine.js';
import { PROMPT, TEXTS, WRITTEN } from './generation-models.js';
import { isWriter, load, promptOf, read, writeGreedily } from './generation-writer.js';
import { profileTable } from './profile-table.js';
import { Profiler, total } from './profile.js';
import { digits } from './table.js';

const task = JSON.parse(process.argv[2]) as {
  model: string;
  folder: string;
  engine: string;
  precision: Precision;
};
const engine = await openFor(task.engine, task.precision);
const { model } = await load(task.folder, task.precision);
const prompt = promptOf(task.model);
const profiler = new Profiler();
let bare: number;
let what: string;
if (isWriter(model)) {
  bare = ((WRITTEN - 1) / Math.min(...[0, 1].map(() => writeGreedily(model, prompt).ms))) * 1e3;
  writeGreedily(model, prompt, () => profiler.phase('token'));
  what = `${WRITTEN - 1} tokens`;
} else {
  bare = ((TEXTS * PROMPT) / Math.min(...[0, 1].map(() => read(task.model, model).ms))) * 1e3;
  profiler.phase('texts');
  read(task.model, model);
  what = `${TEXTS} texts of ${PROMPT} tokens`;
}
const profile = profiler.take();
console.log(
  `${task.model} | ${task.precision} on ${engine.describe()} | ${what}: ${digits(total(profile))} ms ` +
    `(without timers ${digits(bare)} tokens/s)\n\n${profileTable(profile)}\n`,
);
