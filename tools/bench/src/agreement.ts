// Compares finished runs with PyTorch training from the same initial weights, windows and settings, by perplexity on the
// validation text: `npx nx run bench:agreement -- --help`.
import { RunFolder, writeFileAtomic, writeSafetensors } from '@lilformer/checkpoints';
import { Terminal } from '@lilformer/command-line';
import { batches, encodeCorpus, makeWindows, type Corpus, type Windows } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { perplexity } from '@lilformer/evaluation';
import { createModel, loadModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { agreementMarkdown, type Agreement, type AgreementResults } from './agreement-report.js';
import { peerTask, type RunConfig } from './agreement-task.js';
import { peerScript } from './child.js';
import { circumstances } from './machine.js';
import { programPath, runMain, threadCount, threadsEnvironment, userPath } from './options.js';
import { saveResults } from './results.js';
import { digits } from './table.js';
import { workspace } from './workloads.js';

/** Stride of the perplexity window: the context length divided by this. */
const STRIDE_SHARE = 2;

const help = `Usage: npx nx run bench:agreement -- --run FOLDER … --python FILE [options]

  --run FOLDER      a finished run of a stage of the evolution (npx nx run evolution:train); repeatable
  --python FILE     a Python with torch
  --keep FOLDER     cache of the models trained by PyTorch (default runs/agreement)
  --threads N       threads of PyTorch (default: number of cores)
  --save            write the results to tools/bench/results
  --json            print JSON instead of a table`;

/** Output line of agreement_peer.py. */
interface PeerLine {
  readonly step?: number;
  readonly loss?: number;
  readonly seconds: number;
  readonly torch?: string;
}

await runMain(async () => {
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
  const models = resolve(workspace, 'tools/golden/generators'); // the folder of evolution.py
  const env = threadsEnvironment(threadCount(values.threads));
  const terminal = new Terminal(process.stderr);
  const engine = await openEngine();
  const results: AgreementResults = { ...circumstances('agreement'), ours: engine.describe(), rows: [] };
  const scratch = await mkdtemp(join(tmpdir(), 'lilformer-agreement-'));
  try {
    for (const path of values.run) {
      const row = await agree(userPath(path), scratch, userPath(values.keep), terminal, async (task) =>
        trainPeer(programPath(values.python!), { ...task, models }, env, terminal),
      );
      results.rows.push(row);
      terminal.print(`${row.name}: perplexity ${digits(row.ours)}, PyTorch ${digits(row.pytorch)}`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const markdown = agreementMarkdown(results);
  console.log(values.json ? JSON.stringify(results, null, 2) : markdown);
  if (values.save) await saveResults('agreement', results, markdown);
});

/** Trains the model of a run in PyTorch, unless cached, and measures both. */
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
    model: ModelConfig;
    tokens: Record<string, number>;
  };
  const name = config.preset;
  const tokenizer = tokenizerFromJSON(folder.tokenizer);
  const tokens = await encodeCorpus(config.corpus, tokenizer);
  if (!tokens.valid) throw new Error(`${path}: trained without --valid; expected a validation text`);
  const task = peerTask(config, tokenizer.vocabSize);
  const kept = join(keep, basename(path));
  const asked = { ...task, tokens: config.tokens };
  let peer = await keptPeer(kept, asked);
  if (peer) terminal.print(`${name}: PyTorch's model is in ${kept}`);
  else {
    const [weights, windows, out] = ['safetensors', 'windows', 'pt'].map((kind) =>
      join(scratch, `${basename(path)}.${kind}`),
    );
    await writeInitialWeights(weights, config.model, config.settings.seed);
    await writeWindows(windows, makeWindows(config.settings, tokens).train, config.settings);
    terminal.print(`${name}: training in PyTorch`);
    peer = await train({ ...task, weights, windows, out });
    await keepPeer(kept, out, asked, peer);
  }

  const { model: ours } = await loadModel<LanguageModel>(path, { weights: 'last' });
  const protocol = {
    protocol: 'each-token-once',
    source: tokens.valid,
    stride: Math.max(1, Math.floor(config.settings.contextLength / STRIDE_SHARE)),
  } as const;
  terminal.print(`${name}: measuring both on ${tokens.valid.length.toLocaleString('en')} tokens`);
  const measured = await perplexity(ours, protocol);
  const opened = await loadModel<LanguageModel>(join(kept, 'model.pt'), { config: config.model });
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

/** training.json beside a cached model. */
interface Kept {
  readonly task: Record<string, unknown>;
  readonly peer: PeerLine;
}

/** Last output line of a cached training with an equal task. */
async function keptPeer(folder: string, task: Record<string, unknown>): Promise<PeerLine | undefined> {
  const about = join(folder, 'training.json');
  if (!existsSync(about)) return undefined;
  const kept = JSON.parse(await readFile(about, 'utf8')) as Kept;
  return isDeepStrictEqual(kept.task, JSON.parse(JSON.stringify(task))) ? kept.peer : undefined;
}

/** Stores the model, then training.json, which marks it as complete. */
async function keepPeer(folder: string, model: string, task: Record<string, unknown>, peer: PeerLine) {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, 'training.json'), { force: true });
  await copyFile(model, join(folder, 'model.pt'));
  await writeFileAtomic(join(folder, 'training.json'), `${JSON.stringify({ task, peer }, null, 2)}\n`);
}

/** Runs agreement_peer.py and returns its last output line. */
async function trainPeer(
  python: string,
  task: Record<string, unknown>,
  env: Record<string, string>,
  terminal: Terminal,
): Promise<PeerLine> {
  const script = peerScript('agreement_peer.py');
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
  if (code !== 0 || !last?.torch) throw new Error(`${python} ${script} exited with code ${code}`);
  return last;
}

/** Recreates the initial weights of the run from its seed. */
async function writeInitialWeights(path: string, model: ModelConfig, seed: number): Promise<void> {
  const first = createModel(model, new Random(seed).split('weights'));
  await writeSafetensors(path, first.stateDict());
  first.dispose();
}

/** Writes the windows of every step as little-endian int32, [steps, batch, context + 1]. */
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
