// The race of generation against Hugging Face's transformers: `npx nx run bench:generation -- --help`.
//
// Round by round, each side writes with each model in a process of its own; the fastest of all rounds counts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ownProgram, run, type Command } from './child.js';
import { generationModels, weightBytes } from './generation-models.js';
import {
  betterOf,
  generationMarkdown,
  type GenerationBest,
  type GenerationResults,
} from './generation-report.js';
import { circumstances } from './machine.js';
import { namesOf, programPath, threadCount, threadsEnvironment, wholeNumber } from './options.js';
import { race, type Entry } from './race.js';
import { saveResults } from './results.js';
import { peersFolder, personsPath } from './workloads.js';

/** A line as both sides print it. */
interface Line {
  peer: string;
  parameters: number;
  prompt_ms: number;
  tokens_per_s: number;
  alone_tokens_per_s?: number;
}

/** As many as the peer's script makes. */
const REPEATS = 3;

const help = `Usage: npx nx run bench:generation -- [options]

  --model NAMES    only these, separated by commas, of ${Object.keys(generationModels).join(', ')}
  --engine NAME    engine of our side (default: auto)
  --python FILE    a Python with torch and transformers: then they take part
  --peers FOLDER   the peers' scripts (default $LILFORMER_PEERS, or ../shared/bench beside the workspace)
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
      peers: { type: 'string' },
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
  const rounds = wholeNumber('rounds', values.rounds);
  const threads = threadCount(values.threads);
  const env = threadsEnvironment(threads);
  if (values.profile) {
    for (const model of names) {
      const task = JSON.stringify({ model, engine: values.engine });
      console.log((await run(ownProgram('./generation-profile.ts', [task], env))).stdout);
    }
    return;
  }
  const peers = values.peers === undefined ? peersFolder() : personsPath(values.peers);
  const script = join(peers, 'peer_generate.py');
  if (values.python !== undefined && !existsSync(script)) {
    throw new Error(`${script}: no such file; --peers FOLDER says where the peers are`);
  }

  const results: GenerationResults = {
    ...circumstances('generation'),
    threads,
    repeats: REPEATS,
    rounds: 0,
    interrupted: false,
    versions: {},
    bandwidth: undefined,
    models: Object.fromEntries(names.map((name) => [name, {}])),
    failures: {},
  };
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
        tokensPerSecond: line.tokens_per_s,
        aloneTokensPerSecond: line.alone_tokens_per_s,
        memory: peakMemory,
        parameters: line.parameters,
      };
      model[side] = betterOf(model[side], best);
      model.weightBytes = weightBytes(generationModels[name], line.parameters);
      results.versions[side] = line.peer;
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
  ];
  for (const name of names) {
    const task = JSON.stringify({ model: name, engine: values.engine, repeats: REPEATS });
    entries.push(entry(name, 'ours', ownProgram('./generation-ours.ts', [task], env)));
    if (values.python === undefined) continue;
    const peer = { program: programPath(values.python), parameters: [script, name], env };
    entries.push(entry(name, 'transformers', peer));
  }
  const save = async (): Promise<void> => {
    if (values.save) await saveResults('generation', results, generationMarkdown(results));
  };
  const outcome = await race(entries, rounds, (sofar) => {
    Object.assign(results, sofar);
    return save();
  });
  Object.assign(results, outcome);
  console.log(values.json ? JSON.stringify(results, null, 2) : generationMarkdown(results));
  await save();
  if (results.interrupted) process.exitCode = 130;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
