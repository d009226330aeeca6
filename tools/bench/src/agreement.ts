// Whether a model trained here comes out as one trained by PyTorch from the same first weights, on the same windows and with
// the same settings: `npx nx run bench:agreement -- --help`. Both are then measured by this repository's own protocol, on the whole
// validation text. Leaves out training ours: run folders come from the trainer.
import { RunFolder, writeFileAtomic, writeSafetensors } from '@lilformer/checkpoints';
import { Terminal } from '@lilformer/command-line';
import { batches, encodeCorpus, makeWindows, type Corpus, type Windows } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { openCheckpoint, perplexity } from '@lilformer/evaluation';
import { createModel, type AnyModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { agreementMarkdown, type Agreement, type AgreementResults } from './agreement-report.js';
import { peerTask, type RunConfig } from './agreement-task.js';
import { circumstances } from './machine.js';
import { programPath, threadCount, threadsEnvironment } from './options.js';
import { saveResults } from './results.js';
import { digits } from './table.js';
import { personsPath, workspace } from './workloads.js';

/** Tokens by which the measuring window moves on: each token has at least half of the context before it. */
const STRIDE_SHARE = 2;

const help = `Usage: npx nx run bench:agreement -- --run FOLDER … --python FILE [options]

  --run FOLDER      a finished run of a stage of the evolution (npx nx run evolution:train); may be given several times
  --python FILE     a Python with torch
  --keep FOLDER     where the models that PyTorch trained are kept, and taken from when they are there (default runs/agreement)
  --threads N       threads for PyTorch (default: the cores at hand)
  --save            keep the results in tools/bench/results
  --json            print what was measured as JSON, not as a table`;

/** One line of the peer's. */
interface PeerLine {
  readonly step?: number;
  readonly loss?: number;
  readonly seconds: number;
  readonly torch?: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      run: { type: 'string', multiple: true, default: [] },
      python: { type: 'string' },
      keep: { type: 'string', default: 'runs/agreement' },
      threads: { type: 'string' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  if (values.run.length === 0) throw new Error('--run is missing: expected a finished run folder');
  if (values.python === undefined) throw new Error('--python is missing: expected a Python with torch');
  const models = resolve(workspace, 'tools/golden/generators'); // evolution.py: the classes that PyTorch trains
  const env = threadsEnvironment(threadCount(values.threads));
  const terminal = new Terminal(process.stderr);
  const engine = await openEngine();
  const results: AgreementResults = { ...circumstances('agreement'), ours: engine.describe(), rows: [] };
  const scratch = await mkdtemp(join(tmpdir(), 'lilformer-agreement-'));
  try {
    for (const path of values.run) {
      const row = await agree(personsPath(path), scratch, personsPath(values.keep), terminal, async (task) =>
        trainPeer(programPath(values.python!), { ...task, models }, env, terminal),
      );
      results.rows.push(row);
      terminal.print(`${row.name}: perplexity ${digits(row.ours)} here, ${digits(row.pytorch)} by PyTorch`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const markdown = agreementMarkdown(results);
  console.log(values.json ? JSON.stringify(results, null, 2) : markdown);
  if (values.save) await saveResults('agreement', results, markdown);
}

/** Trains the peer's model as the run was trained, and measures both. */
async function agree(
  path: string,
  scratch: string,
  keep: string,
  terminal: Terminal,
  train: (task: Record<string, unknown>) => Promise<PeerLine>,
): Promise<Agreement> {
  const folder = await RunFolder.open(path);
  const config = folder.config as RunConfig & {
    corpus: Corpus;
    model: AnyModelConfig;
    tokens: Record<string, number>;
  };
  const name = config.preset;
  const tokenizer = tokenizerFromJSON(folder.tokenizer);
  const tokens = await encodeCorpus(config.corpus, tokenizer);
  if (!tokens.valid) throw new Error(`${path}: was trained without --valid; expected a validation text`);
  const task = peerTask(config, tokenizer.vocabSize);
  const kept = join(keep, basename(path));
  const asked = { ...task, tokens: config.tokens };
  let peer = await keptPeer(kept, asked);
  if (peer) terminal.print(`${name}: PyTorch's is in ${kept}`);
  else {
    const [weights, windows, out] = ['safetensors', 'windows', 'pt'].map((kind) =>
      join(scratch, `${basename(path)}.${kind}`),
    );
    await writeFirstWeights(weights, config.model, config.settings.seed);
    await writeWindows(
      windows,
      makeWindows({ ...config.settings, contextLength: config.settings.context }, tokens).train,
      config.settings,
    );
    terminal.print(`${name}: PyTorch trains`);
    peer = await train({ ...task, weights, windows, out });
    await keepPeer(kept, out, asked, peer);
  }

  const ours = await modelFromRun(folder, { weights: 'last' });
  const protocol = {
    protocol: 'each-token-once',
    source: tokens.valid,
    stride: Math.max(1, Math.floor(config.settings.context / STRIDE_SHARE)),
  } as const;
  terminal.print(`${name}: measuring both on ${tokens.valid.length.toLocaleString('en')} tokens`);
  const measured = await perplexity(ours, protocol);
  const opened = await openCheckpoint(join(kept, 'model.pt'), { tokenizer, settings: { ...config.model } });
  const theirs = await perplexity(opened.model, protocol);
  const row: Agreement = {
    name,
    parameters: ours.parameterCount(),
    steps: config.settings.maxSteps,
    protocol: measured.description,
    ours: measured.perplexity,
    pytorch: theirs.perplexity,
    pytorchSeconds: peer.seconds,
    torch: peer.torch ?? '?',
  };
  if (opened.model.parameterCount() !== row.parameters) {
    throw new Error(
      `${opened.model.parameterCount()} parameters against ${row.parameters}: not the same model`,
    );
  }
  opened.model.dispose();
  ours.dispose();
  return row;
}

/** What is kept beside PyTorch's model: how it was trained, and what its last line said. */
interface Kept {
  readonly task: Record<string, unknown>;
  readonly peer: PeerLine;
}

/** The last line of a training that is kept, where it was of this very task. */
async function keptPeer(folder: string, task: Record<string, unknown>): Promise<PeerLine | undefined> {
  const about = join(folder, 'training.json');
  if (!existsSync(about)) return undefined;
  const kept = JSON.parse(await readFile(about, 'utf8')) as Kept;
  return isDeepStrictEqual(kept.task, asJSON(task)) ? kept.peer : undefined;
}

/** The model first, then what says that it is there. */
async function keepPeer(folder: string, model: string, task: Record<string, unknown>, peer: PeerLine) {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, 'training.json'), { force: true });
  await copyFile(model, join(folder, 'model.pt'));
  await writeFileAtomic(join(folder, 'training.json'), `${JSON.stringify({ task, peer }, null, 2)}\n`);
}

/** As it is read again: without what is undefined. */
function asJSON(task: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(task));
}

/** Runs the peer's script; its last line. */
async function trainPeer(
  python: string,
  task: Record<string, unknown>,
  env: Record<string, string>,
  terminal: Terminal,
): Promise<PeerLine> {
  const script = fileURLToPath(new URL('agreement_peer.py', import.meta.url));
  const child = spawn(python, [script, JSON.stringify(task)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last: PeerLine | undefined;
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as PeerLine;
    const { step, loss, seconds } = last;
    if (step === undefined) continue;
    const total = (task.settings as { maxSteps: number }).maxSteps;
    const eta = (seconds / step) * (total - step);
    terminal.progress(
      `PyTorch | step ${step}/${total} | loss ${loss!.toFixed(4)} | ${(seconds / step).toFixed(2)} s/step | eta ${eta.toFixed(0)} s`,
    );
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0 || !last?.torch) throw new Error(`${python} ${script} ended with exit ${code}`);
  return last;
}

/** The weights that the run began with, drawn again as the trainer drew them. */
async function writeFirstWeights(path: string, model: AnyModelConfig, seed: number): Promise<void> {
  const first = createModel(model, new Random(seed).split('weights'));
  await writeSafetensors(path, first.stateDict());
  first.dispose();
}

/** The windows of every step, each with the token after its last, as little-endian int32: the training loop's own. */
async function writeWindows(
  path: string,
  windows: Windows,
  { batchSize, maxSteps, seed }: RunConfig['settings'],
): Promise<void> {
  const file = await open(path, 'w');
  try {
    const seen = batches(windows, { batchSize, order: 'random', seed: `${seed}/batches`, limit: maxSteps });
    for (const { inputs, targets, batch, length } of seen) {
      const rows = new Int32Array(batch * (length + 1));
      for (let row = 0; row < batch; row++) {
        rows.set(inputs.subarray(row * length, (row + 1) * length), row * (length + 1));
        rows[(row + 1) * (length + 1) - 1] = targets[(row + 1) * length - 1];
      }
      await file.write(new Uint8Array(rows.buffer));
    }
  } finally {
    await file.close();
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
