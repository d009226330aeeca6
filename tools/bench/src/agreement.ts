// Trains every preset in lilformer and in PyTorch from the same initial weights and windows, and compares the losses:
// `npx nx run bench:agreement -- --help`.
import { corpusProgress, Terminal } from '@lilformer/command-line';
import { createTokenizer, encodeCorpus, makeWindows, openCorpus, type Corpus } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { createModel, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import type { Tokenizer } from '@lilformer/tokenizers';
import { formatDuration, train } from '@lilformer/training';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { modelConfigOf, type Settings } from '../../../apps/lilformer/src/trainer/settings/settings.js';
import {
  corpusOptions,
  trainingOptions,
  windowOptions,
} from '../../../apps/lilformer/src/trainer/settings/training-options.js';
import { trainingFlopsPerToken } from '../../../apps/lilformer/src/trainer/sweep/training-flops.js';
import { trainPeer, type Trained } from './agreement-peer.js';
import {
  agreementMarkdown,
  compareLosses,
  finished,
  withResult,
  type Agreement,
  type AgreementResults,
  type Side,
} from './agreement-report.js';
import {
  agreementSettings,
  presetDigest,
  presetNames,
  totalSteps,
  writePeerTask,
  type Options,
  type Texts,
} from './agreement-task.js';
import { circumstances } from './machine.js';
import { programPath, runMain, threadCount, userPath, wholeNumber } from './options.js';
import { readResults, saveResults } from './results.js';

const help = `Usage: npx nx run bench:agreement -- --python FILE [options]

  --python FILE        a Python with torch; without it only the table is made of the saved results
  --presets NAMES      presets or families, separated by commas, in this order (default: all, the cheapest first)
  --seeds NUMBERS      (default 1,2,3)
  --steps N            steps of each run, or the preset's own if they are fewer (default 1000)
  --data FILE          TinyStories to train on, and
  --valid FILE         to validate on (default: downloaded once)
  --shakespeare FILE   Tiny Shakespeare (default: downloaded once)
  --threads N          threads of both (default: number of cores)
  --float64            train in PyTorch in float64, too, also for results without it
  --again              measure again what is in the saved results

Results are saved in tools/bench/results one by one; Ctrl-C loses only the one at hand.`;

/** One preset and seed to measure. */
interface Task {
  readonly preset: string;
  readonly seed: number;
  readonly steps: number;
  readonly digest: string;
  readonly settings: Settings;
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      python: { type: 'string' },
      presets: { type: 'string', multiple: true },
      seeds: { type: 'string', default: '1,2,3' },
      steps: { type: 'string', default: '1000' },
      data: { type: 'string' },
      valid: { type: 'string' },
      shakespeare: { type: 'string' },
      threads: { type: 'string' },
      float64: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const path = (name: 'data' | 'valid' | 'shakespeare') => values[name] && userPath(values[name]);
  const texts: Texts = { data: path('data'), valid: path('valid'), shakespeare: path('shakespeare') };
  const names = presetNames(values.presets);
  const seeds = values.seeds.split(',').map((seed) => wholeNumber('seeds', seed, 0));
  const steps = wholeNumber('steps', values.steps);
  const tasks = names.flatMap((preset) =>
    seeds.map((seed): Task => {
      const settings = agreementSettings(preset, steps, seed, texts);
      return { preset, seed, steps: settings.maxSteps, digest: presetDigest(preset), settings };
    }),
  );
  if (!values.presets) tasks.sort((a, b) => cost(a) - cost(b));

  // Read again for each task: another command may have saved results.
  const stored = async () => (await readResults<AgreementResults>('agreement'))?.results ?? [];
  const saved = new Map(presetNames().map((name) => [name, presetDigest(name)]));
  if (values.python !== undefined) {
    const threads = threadCount(values.threads);
    const measure = await measurer(programPath(values.python), threads, values.float64);
    const before = async (task: Task) => (values.again ? undefined : finished(await stored(), task));
    const isLeft = (result: Agreement | undefined) => !result || (values.float64 && !result.float64);
    const left: Task[] = [];
    for (const task of tasks) if (isLeft(await before(task))) left.push(task);
    const stop = new AbortController();
    const interrupt = (): void => stop.abort(new Error('interrupted'));
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const started = performance.now();
    const whole = left.reduce((sum, task) => sum + cost(task), 0);
    let done = 0;
    const terminal = new Terminal(process.stderr);
    for (const [i, task] of left.entries()) {
      const name = `${i + 1}/${left.length} | ${task.preset} | seed ${task.seed}`;
      const progress = (side: string, step: number, seconds: number): void => {
        const rate = seconds / step;
        const all =
          done === 0 ? '…' : formatDuration(((performance.now() - started) / 1000 / done) * (whole - done));
        terminal.progress(
          `${name} | ${side} | step ${step}/${task.steps} | ${rate.toPrecision(2)} s/step | ` +
            `eta ${formatDuration(rate * (task.steps - step))}, of all ${all}`,
          30_000,
        );
      };
      try {
        const known = await before(task);
        if (!isLeft(known)) continue;
        const result = await measure(task, known, { signal: stop.signal, progress, terminal });
        const results = withResult(await stored(), result);
        await saveResults('agreement', { results }, agreementMarkdown({ results }, saved));
        const { ours, pytorch, parted } = result;
        terminal.print(
          `${name} | lilformer ${ours.loss.toFixed(5)}, PyTorch ${pytorch.loss.toFixed(5)}, ` +
            `${(100 * (ours.loss / pytorch.loss - 1)).toFixed(4)} % | first 20 steps ${result.start.toExponential(1)}` +
            `${parted === null ? '' : ` | 1 % at step ${parted}`} | ${formatDuration(ours.seconds)}, ${formatDuration(pytorch.seconds)}`,
        );
      } catch (error) {
        if (stop.signal.aborted) {
          process.exitCode = 130;
          break;
        }
        terminal.print(`${name} | failed: ${(error as Error).message}`);
        process.exitCode = 1;
      } finally {
        done += cost(task);
      }
    }
  }
  console.log(agreementMarkdown({ results: await stored() }, saved));
});

/** FLOPs of the training, to sort by; the vocabulary of characters is not known yet. */
function cost({ settings, steps }: Task): number {
  const { vocabSize = 100, contextLength, batchSize } = settings;
  const perToken = trainingFlopsPerToken(modelConfigOf(settings, vocabSize), contextLength) ?? 0;
  return perToken * contextLength * batchSize * steps;
}

interface Reporting {
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly progress: (side: string, step: number, seconds: number) => void;
}

/** Returns a function that trains both sides of a task, or only float64 where there is a result `before`. */
async function measurer(python: string, threads: number, float64: boolean) {
  const engine = await openEngine({ threads, precision: 'float32' });
  const { processor, commit, date, node } = circumstances('agreement'); // of the code that is loaded now
  const tokenizers = new Map<string, Tokenizer>();

  /** Corpus and tokenizer; each tokenizer is trained once. */
  const open = async (settings: Settings, { signal, terminal }: Reporting) => {
    const task = { signal, onProgress: corpusProgress(terminal) };
    const corpus: Corpus = await openCorpus(corpusOptions(settings), task);
    const { tokenizer: kind, vocabSize = 0, unkToken } = settings;
    const key = JSON.stringify([corpus, kind, vocabSize, unkToken]);
    const tokenizer =
      tokenizers.get(key) ?? (await createTokenizer({ tokenizer: kind, vocabSize, unkToken }, corpus, task));
    tokenizers.set(key, tokenizer);
    return {
      tokenizer,
      windows: makeWindows(windowOptions(settings), await encodeCorpus(corpus, tokenizer, task)),
    };
  };

  return async (task: Task, before: Agreement | undefined, reporting: Reporting): Promise<Agreement> => {
    const { settings, preset, seed, steps, digest } = task;
    const { signal, progress } = reporting;
    const { tokenizer, windows } = await open(settings, reporting);
    const config = modelConfigOf(settings, tokenizer.vocabSize);
    const model = createModel(config, new Random(settings.seed).split('weights')) as LanguageModel;
    const options = trainingOptions(settings, windows);
    const folder = await mkdtemp(join(tmpdir(), 'lilformer-agreement-'));
    try {
      const peer = async (name: string, double: boolean) => {
        await writePeerTask(folder, { model, config, options }, { threads, float64: double });
        return trainPeer(python, folder, {
          ...{ threads, signal },
          onStep: (step, seconds) => progress(name, step, seconds),
        });
      };
      const doubled = float64 ? side(await peer('PyTorch, float64', true)) : undefined;
      if (before) return { ...before, float64: doubled };
      const pytorch = await peer('PyTorch', false);
      const ours = await trainOurs(model, options, signal, (step, seconds) =>
        progress('lilformer', step, seconds),
      );
      if (ours.parameters !== pytorch.parameters) {
        throw new Error(
          `${ours.parameters} parameters, ${pytorch.parameters} in PyTorch: not the same model`,
        );
      }
      return {
        ...{ preset, seed, steps, digest, parameters: ours.parameters },
        ...{ ours: side(ours), pytorch: side(pytorch), float64: doubled },
        ...compareLosses(ours.losses, pytorch.losses),
        validation: describeValidation(options),
        ...{ threads, engine: engine.describe(), torch: pytorch.torch, node, processor, commit, date },
      };
    } finally {
      model.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function side({ validation, losses, seconds }: Trained): Side {
  return { loss: validation, steps: losses.length, seconds: Math.round(seconds * 10) / 10 };
}

/** Trains in lilformer. @throws the signal's reason */
async function trainOurs(
  model: LanguageModel,
  options: Options,
  signal: AbortSignal,
  onStep: (step: number, seconds: number) => void,
): Promise<Trained> {
  const losses: number[] = [];
  let validation = NaN;
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  for await (const event of train({ model, ...options, signal })) {
    if (event.type === 'step') {
      losses.push(event.loss);
      onStep(event.step, seconds());
    } else if (event.type === 'evaluation') validation = event.validationLoss;
  }
  signal.throwIfAborted();
  if (losses.length > totalSteps(options)) throw new Error('training made more steps than planned');
  return { losses, validation, parameters: model.parameterCount(), seconds: seconds() };
}

function describeValidation({ evalBatches, batchSize, validation }: Options): string {
  const windows = evalBatches === 'all' ? validation!.count : Number(evalBatches) * batchSize;
  return `${windows.toLocaleString('en')} windows of ${validation!.length} tokens`;
}
