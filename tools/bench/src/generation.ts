// The race of generation against Hugging Face's transformers: `npx nx run bench:generation -- --help`.
//
// Round by round, each side loads each model in a process of its own, reads a prompt and writes; the fastest of all rounds
// counts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ownProgram, run, type Command } from './child.js';
import type { Precision } from './contestants.js';
import { generationModels, TEXTS, WRITTEN } from './generation-models.js';
import {
  betterOf,
  generationMarkdown,
  type GenerationBest,
  type GenerationResults,
} from './generation-report.js';
import { promptOf } from './generation-writer.js';
import { circumstances } from './machine.js';
import { namesOf, programPath, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { measurePeak } from './peaks.js';
import { race, type Entry } from './race.js';
import { saveResults } from './results.js';

/** A line as both sides print it. */
interface Line {
  peer: string;
  parameters: number;
  /** What was written. */
  ids: number[];
  load_ms: number;
  prompt_ms: number;
  tokens_per_s: number;
  /** These are ours alone. */
  alone_tokens_per_s?: number;
  prompt_flops?: number;
  weight_bytes?: number;
}

/** How to race. */
interface Settings {
  readonly engine: string;
  readonly precisions: readonly Precision[];
  readonly python: string | undefined;
  readonly threads: number;
  readonly rounds: number;
  readonly save: boolean;
  readonly json: boolean;
}

/** Repeats of a round. */
const REPEATS = 3;

const help = `Usage: npx nx run bench:generation -- [options]

  --model NAMES    only these, separated by commas, of ${Object.keys(generationModels).join(', ')}
  --engine NAME    engine of our side (default: auto)
  --python FILE    a Python with torch and transformers: then they take part
  --precision NAMES float32, bf16 or both (default): weights and products of both sides
  --threads N      threads for everybody (default: the cores at hand)
  --rounds N       (default 3), each the fastest of ${REPEATS}, ours also of a second
  --save           keep the results in tools/bench/results
  --json           print what was measured as JSON, not as a table
  --profile        no race: where the time of our tokens goes, model by model`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', multiple: true },
      engine: { type: 'string', default: process.env.LILFORMER_ENGINE || 'auto' },
      python: { type: 'string' },
      precision: { type: 'string', multiple: true },
      threads: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const known = Object.keys(generationModels);
  const names = namesOf('model', values.model ?? known, known);
  const both: Precision[] = ['float32', 'bf16'];
  const precisions = namesOf<Precision>('precision', values.precision ?? both, both);
  const rounds = wholeNumber('rounds', values.rounds);
  const threads = threadCount(values.threads);
  const env = threadsEnvironment(threads);
  const folders = await mkdtemp(join(tmpdir(), 'lilformer-generation-'));
  try {
    for (const model of names) {
      const task = JSON.stringify({ model, folder: join(folders, model) });
      await run(ownProgram('./generation-weights-ours.ts', [task], env));
    }
    if (values.profile) {
      for (const { model, precision } of rowsOf(names, precisions)) {
        const task = JSON.stringify({
          model,
          folder: join(folders, model),
          engine: values.engine,
          precision,
        });
        console.log((await run(ownProgram('./generation-profile.ts', [task], env))).stdout);
      }
      return;
    }
    const { engine, python, save, json } = values;
    await raceOf(names, folders, { engine, precisions, python, threads, rounds, save, json });
  } finally {
    await rm(folders, { recursive: true });
  }
}

/** What is raced: each model in each precision, and what it is called. */
function rowsOf(
  names: readonly string[],
  precisions: readonly Precision[],
): { model: string; precision: Precision; row: string }[] {
  return names.flatMap((model) =>
    precisions.map((precision) => ({
      model,
      precision,
      row: precision === 'float32' ? model : `${model} ${precision}`,
    })),
  );
}

/** Everything that both sides do, from the folders that are there. */
async function raceOf(
  names: readonly string[],
  folders: string,
  { engine, precisions, python, threads, rounds, save: keep, json }: Settings,
): Promise<void> {
  const env = threadsEnvironment(threads);
  const rows = rowsOf(names, precisions);
  const results: GenerationResults = {
    ...circumstances('generation'),
    threads,
    repeats: REPEATS,
    rounds: 0,
    interrupted: false,
    versions: {},
    bandwidth: undefined,
    peak: undefined,
    models: Object.fromEntries(rows.map(({ row }) => [row, {}])),
    failures: {},
  };
  const written = { ours: new Map<string, number[]>(), transformers: new Map<string, number[]>() };
  const entry = (name: string, side: 'ours' | 'transformers', command: Command): Entry => ({
    subject: name,
    contestant: side,
    async run(signal) {
      const { stdout, peakMemory } = await run(command, signal);
      const line = JSON.parse(stdout.trim().split('\n').at(-1)!) as Line;
      const model = results.models[name];
      const other = side === 'ours' ? model.transformers : model.ours;
      if (other && other.parameters !== line.parameters) {
        throw new Error(`${line.parameters} parameters against ${other.parameters}: not the same model`);
      }
      const best: GenerationBest = {
        promptMs: line.prompt_ms,
        loadMs: line.load_ms,
        tokensPerSecond: line.tokens_per_s,
        aloneTokensPerSecond: line.alone_tokens_per_s,
        memory: peakMemory,
        parameters: line.parameters,
      };
      model[side] = betterOf(model[side], best);
      model.weightBytes ??= line.weight_bytes;
      model.promptFlops ??= line.prompt_flops;
      written[side].set(name, line.ids);
      const [a, b] = [written.ours.get(name), written.transformers.get(name)];
      // Rounding may part two texts once; other weights or arithmetic would part them at once.
      if (a && b)
        model.same =
          a.findIndex((id, i) => id !== b[i]) === -1 ? a.length : a.findIndex((id, i) => id !== b[i]);
      results.versions[side] ??= line.peer;
    },
  });
  const entries: Entry[] = [
    {
      subject: 'memory bandwidth',
      contestant: `${threads} threads`,
      async run(signal) {
        const { stdout } = await run(ownProgram('./bandwidth.mjs', [String(threads)]), signal);
        const { gigabytesPerSecond } = JSON.parse(stdout) as { gigabytesPerSecond: number };
        results.bandwidth = Math.max(results.bandwidth ?? 0, gigabytesPerSecond);
      },
    },
    {
      subject: 'matrix products',
      contestant: `${threads} threads`,
      async run(signal) {
        const program = python === undefined ? undefined : programPath(python);
        const { gflops } = await measurePeak(
          { engine, precision: 'float32', threads, python: program },
          signal,
        );
        results.peak = Math.max(results.peak ?? 0, gflops);
      },
    },
  ];
  for (const { model: name, precision, row } of rows) {
    const task = { model: name, folder: join(folders, name), engine, precision, repeats: REPEATS };
    entries.push(entry(row, 'ours', ownProgram('./generation-ours.ts', [JSON.stringify(task)], env)));
    if (python === undefined) continue;
    const [architecture] = generationModels[name].architectures as string[];
    const texts = architecture === 'BertModel' ? TEXTS : 1;
    const theirs = { ...task, architecture, texts, prompt: promptOf(name, texts), written: WRITTEN };
    const script = fileURLToPath(new URL('./generation_peer.py', import.meta.url));
    const peer = { program: programPath(python), parameters: [script, JSON.stringify(theirs)], env };
    entries.push(entry(row, 'transformers', peer));
  }
  const save = async (): Promise<void> => {
    if (keep) await saveResults('generation', results, generationMarkdown(results));
  };
  const outcome = await race(entries, rounds, (sofar) => {
    Object.assign(results, sofar);
    return save();
  });
  Object.assign(results, outcome);
  console.log(json ? JSON.stringify(results, null, 2) : generationMarkdown(results));
  await save();
  if (results.interrupted) process.exitCode = 130;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
