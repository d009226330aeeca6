// Loading and generation by lilformer and Hugging Face transformers side by side: `npx nx run bench:generation -- --help`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ownProgram, peerScript, run, type Command } from './child.js';
import type { Precision } from './contestants.js';
import { BATCH, generationModels, NEW_TOKENS } from './generation-models.js';
import {
  betterOf,
  generationMarkdown,
  type GenerationBest,
  type GenerationResults,
} from './generation-report.js';
import { promptOf } from './generation-model.js';
import { circumstances } from './machine.js';
import { namesOf, programPath, runMain, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { measurePeak } from './peaks.js';
import { race, type Entry } from './race.js';
import { saveResults } from './results.js';

/** Output line of both sides. */
interface Line {
  peer: string;
  parameters: number;
  /** Generated token ids. */
  ids: number[];
  load_ms: number;
  prompt_ms: number;
  tokens_per_s: number;
  /** Printed by lilformer only. */
  model_tokens_per_s?: number;
  prompt_flops?: number;
  weight_bytes?: number;
}

interface Settings {
  /** The first also in bf16 and side by side with transformers. */
  readonly engines: readonly string[];
  readonly precisions: readonly Precision[];
  readonly python: string | undefined;
  readonly threads: number;
  readonly rounds: number;
  readonly save: boolean;
  readonly json: boolean;
}

/** Repeats per round. */
const REPEATS = 3;

const help = `Usage: npx nx run bench:generation -- [options]

  --model NAMES    models, separated by commas, of ${Object.keys(generationModels).join(', ')}
  --engine NAMES   engines of lilformer, separated by commas (default: auto); further ones in float32
  --python FILE    a Python with torch and transformers; without it only lilformer is measured
  --precision NAMES float32, bf16 or both (default): weights and matrix products of both sides
  --threads N      threads of both sides (default: number of cores)
  --rounds N       (default 3), each the fastest of ${REPEATS}
  --save           write the results to tools/bench/results
  --json           print JSON instead of a table`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', multiple: true },
      engine: { type: 'string', multiple: true, default: [process.env.LILFORMER_ENGINE || 'auto'] },
      python: { type: 'string' },
      precision: { type: 'string', multiple: true },
      threads: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const known = Object.keys(generationModels);
  const names = namesOf('model', values.model ?? known, known);
  const both: Precision[] = ['float32', 'bf16'];
  const settings: Settings = {
    engines: values.engine.flatMap((names) => names.split(',')),
    precisions: namesOf<Precision>('precision', values.precision ?? both, both),
    python: values.python === undefined ? undefined : programPath(values.python),
    threads: threadCount(values.threads),
    rounds: wholeNumber('rounds', values.rounds),
    save: values.save,
    json: values.json,
  };
  const folders = await mkdtemp(join(tmpdir(), 'lilformer-generation-'));
  try {
    for (const model of names) {
      const task = JSON.stringify({ model, folder: join(folders, model) });
      await run(ownProgram('./generation-weights-ours.ts', [task], threadsEnvironment(settings.threads)));
    }
    await measureAll(names, folders, settings);
  } finally {
    await rm(folders, { recursive: true });
  }
});

/** Measures both sides on the model folders. */
async function measureAll(
  names: readonly string[],
  folders: string,
  { engines, precisions, python, threads, rounds, save: keep, json }: Settings,
): Promise<void> {
  const env = threadsEnvironment(threads);
  const [engine, ...further] = engines;
  const rows = names.flatMap((model) => [
    ...precisions.map((precision) => ({
      ...{ model, engine, precision },
      row: precision === 'float32' ? model : `${model} ${precision}`,
    })),
    ...further.map((other) => ({
      ...{ model, engine: other, precision: 'float32' as const },
      row: `${model} on ${other}`,
    })),
  ]);
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
  const generated = { ours: new Map<string, number[]>(), transformers: new Map<string, number[]>() };
  const entry = (name: string, side: 'ours' | 'transformers', command: Command): Entry => ({
    subject: name,
    contestant: side,
    async run(signal) {
      const { stdout, peakMemory } = await run(command, signal);
      const line = JSON.parse(stdout.trim().split('\n').at(-1)!) as Line;
      const model = results.models[name];
      const other = side === 'ours' ? model.transformers : model.ours;
      if (other && other.parameters !== line.parameters) {
        throw new Error(`${line.parameters} parameters, expected ${other.parameters}: not the same model`);
      }
      const best: GenerationBest = {
        promptMs: line.prompt_ms,
        loadMs: line.load_ms,
        tokensPerSecond: line.tokens_per_s,
        modelTokensPerSecond: line.model_tokens_per_s,
        memory: peakMemory,
        parameters: line.parameters,
      };
      model[side] = betterOf(model[side], best);
      model.weightBytes ??= line.weight_bytes;
      model.promptFlops ??= line.prompt_flops;
      generated[side].set(name, line.ids);
      const [a, b] = [generated.ours.get(name), generated.transformers.get(name)];
      if (a && b) {
        const different = a.findIndex((id, i) => id !== b[i]);
        model.same = different === -1 ? a.length : different;
      }
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
        const { gflops } = await measurePeak({ engine, precision: 'float32', threads, python }, signal);
        results.peak = Math.max(results.peak ?? 0, gflops);
      },
    },
  ];
  for (const { model: name, engine: on, precision, row } of rows) {
    const task = { model: name, folder: join(folders, name), engine: on, precision, repeats: REPEATS };
    entries.push(entry(row, 'ours', ownProgram('./generation-ours.ts', [JSON.stringify(task)], env)));
    if (python === undefined || on !== engine) continue;
    const [architecture] = generationModels[name].architectures as string[];
    const batch = architecture === 'BertModel' ? BATCH : 1;
    const peerTask = { ...task, architecture, batch, prompt: promptOf(name, batch), newTokens: NEW_TOKENS };
    const script = peerScript('generation_peer.py');
    const peer = { program: python, parameters: [script, JSON.stringify(peerTask)], env };
    entries.push(entry(row, 'transformers', peer));
  }
  const save = async (): Promise<void> => {
    if (keep) await saveResults('generation', results, generationMarkdown(results));
  };
  const outcome = await race(entries, rounds, (soFar) => {
    Object.assign(results, soFar);
    return save();
  });
  Object.assign(results, outcome);
  console.log(json ? JSON.stringify(results, null, 2) : generationMarkdown(results));
  await save();
  if (results.interrupted) process.exitCode = 130;
}
