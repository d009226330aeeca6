// `train`: text, tokenizer, model and loop put together, told about, and kept in a run folder.
import {
  describeFlags,
  corpusProgress,
  displayPath,
  flagName,
  resolveUserPath,
  sendToParent,
  shellCommand,
  type Terminal,
} from '@lilformer/command-line';
import { createTokenizer, encodeCorpus, makeWindows, openCorpus, type Corpus } from '@lilformer/datasets';
import { RunFolder } from '@lilformer/checkpoints';
import { openEngine } from '@lilformer/engine';
import { createModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText, randomStart } from '@lilformer/sampling';
import { tokenizerFromJSON, type Tokenizer } from '@lilformer/tokenizers';
import { progressLine, train, type DoneEvent } from '@lilformer/training';
import type { TrainCommand } from './command-line.js';
import { modelConfig } from './model-config.js';
import { writeResult } from './result.js';
import { nextRunFolder } from './run-folder.js';
import { PRESETS } from './presets.js';
import { checkSettings, DEFAULTS, settingsSchema, type Settings } from './settings.js';
import { trainingOptions } from './training-options.js';

/** What config.json of a run holds: everything needed to build model and data again. */
interface RunConfig {
  readonly format: 1;
  readonly preset: string;
  readonly settings: Settings;
  readonly model: ModelConfig;
  readonly corpus: Corpus;
  /** Tokens of the two sides, by which a text that has changed is noticed. */
  readonly tokens: { readonly train: number; readonly valid: number | undefined };
}

/** Trains as the command says; returns how the run ended. @throws Error that says what to do */
export async function trainCommand(
  command: TrainCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<DoneEvent> {
  const run =
    command.kind === 'start' ? await begin(command, terminal, signal) : await goOn(command, terminal, signal);
  const { folder, settings, tokenizer, model, windows, engine } = run;
  try {
    const untrained = command.kind === 'start' ? await sample(model, tokenizer, settings, signal) : undefined;
    let done: DoneEvent | undefined;
    for await (const event of train({
      model,
      folder,
      signal,
      restoreBest: true,
      ...trainingOptions(settings, windows),
    })) {
      if (event.type !== 'step' || event.step % settings.logEvery === 0) sendToParent(event);
      if (event.type === 'start') {
        for (const warning of event.warnings) terminal.print(`note: ${warning}`);
      } else if (event.type === 'step') {
        const last = event.step === event.totalSteps;
        if (event.step === 1 || last || event.step % settings.logEvery === 0)
          terminal.progress(progressLine(event), 0);
      } else if (event.type === 'evaluation') {
        terminal.print(progressLine(event));
      } else if (event.type === 'done') {
        terminal.print(progressLine(event));
        done = event;
        const { reason, step, epoch, tokens, elapsed } = event;
        if (reason !== 'interrupted') {
          const parameters = model.parameterCount();
          const peakMemory = process.resourceUsage().maxRSS * 1024;
          await writeResult(folder.path, {
            ...{ reason, step, epoch, tokens, elapsed },
            ...{ parameters, peakMemory, engine },
          });
        }
      }
    }
    if (!done) throw new Error('the training loop ended without saying how');
    const shown = displayPath(folder.path);
    if (done.reason === 'interrupted') {
      terminal.print(`\nSaved. Go on with: npx nx run trainer:train -- --resume ${shown}`);
    } else {
      await tell(run, untrained, terminal, signal);
      terminal.print(`\nRun folder: ${shown}`);
      terminal.print(
        `Let it write: ${shellCommand('trainer:generate', ['--model', shown, '--prompt', settings.prompt])}`,
      );
    }
    return done;
  } finally {
    await folder.close();
  }
}

interface Run {
  readonly folder: RunFolder;
  readonly settings: Settings;
  readonly tokenizer: Tokenizer;
  readonly model: LanguageModel;
  readonly windows: ReturnType<typeof makeWindows>;
  /** What computes, in words. */
  readonly engine: string;
}

async function begin(
  { preset, settings, run }: Extract<TrainCommand, { kind: 'start' }>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Run> {
  const path = run === undefined ? await nextRunFolder(preset) : resolveUserPath(run);
  const engine = await startEngine(settings, terminal);
  printSettings(preset, settings, terminal);
  const task = { signal, onProgress: corpusProgress(terminal) };
  const baseFolder = resolveUserPath('.');
  const corpus = await openCorpus({ ...settings, baseFolder }, task);
  const tokenizer = await createTokenizer({ ...settings, baseFolder }, corpus, task);
  const tokens = await encodeCorpus(corpus, tokenizer, task);
  const windows = makeWindows({ ...settings, contextLength: settings.context }, tokens);
  const config = modelConfig(settings, tokenizer.vocabSize);
  const model = createModel(config, new Random(settings.seed).split('weights'));
  const counts = { train: tokens.train.length, valid: tokens.valid?.length };
  printSizes(windows, counts, tokenizer, model, terminal);
  const contents: RunConfig = { format: 1, preset, settings, model: config, corpus, tokens: counts };
  // JSON has no `undefined`: what is not set is not there.
  const folder = await RunFolder.create(path, {
    config: JSON.parse(JSON.stringify(contents)) as RunConfig,
    tokenizer: tokenizer.toJSON(),
  });
  return { folder, settings, tokenizer, model, windows, engine };
}

async function goOn(
  { run, changes }: Extract<TrainCommand, { kind: 'resume' }>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Run> {
  const folder = await RunFolder.resume(resolveUserPath(run), {
    notify: (message) => terminal.print(message),
  });
  try {
    const config = folder.config as RunConfig;
    if (config.format !== 1) {
      throw new Error(`${folder.path}: its config.json has format ${config.format}, this version reads 1`);
    }
    const settings = checkSettings({ ...config.settings, ...changes });
    const engine = await startEngine(settings, terminal);
    const tokenizer = tokenizerFromJSON(folder.tokenizer);
    const task = { signal, onProgress: corpusProgress(terminal) };
    const tokens = await encodeCorpus(config.corpus, tokenizer, task);
    const counts = { train: tokens.train.length, valid: tokens.valid?.length };
    if (counts.train !== config.tokens.train || counts.valid !== config.tokens.valid) {
      throw new Error(
        `the text has changed since the run was started: ${JSON.stringify(config.tokens)} tokens then, ` +
          `${JSON.stringify(counts)} now; restore it, or start a new run`,
      );
    }
    const windows = makeWindows({ ...settings, contextLength: settings.context }, tokens);
    const model = createModel(config.model, new Random(settings.seed).split('weights'));
    printSizes(windows, counts, tokenizer, model, terminal);
    return { folder, settings, tokenizer, model, windows, engine };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function startEngine(
  { engine, threads, precision }: Settings,
  terminal: Pick<Terminal, 'print'>,
): Promise<string> {
  const notes: string[] = [];
  const opened = await openEngine({ engine, threads, precision, notify: (line) => notes.push(line) });
  terminal.print(`Engine: ${opened.describe()}`);
  for (const note of notes) terminal.print(`note: ${note}`);
  return opened.describe();
}

/** The settings, those that are not the defaults' marked with where they come from. */
function printSettings(preset: string, settings: Settings, terminal: Terminal): void {
  terminal.print(`Preset ${preset}: ${PRESETS[preset].about}`);
  const ofPreset: Partial<Settings> = PRESETS[preset].settings;
  const about = describeFlags(settingsSchema);
  for (const group of new Set([...about.values()].map(({ group }) => group!))) {
    const shown = [...about].flatMap(([name, { group: its }]) => {
      if (its !== group || settings[name] === undefined) return [];
      const chosen = settings[name] !== (ofPreset[name] ?? DEFAULTS[name]);
      return [`${flagName(name)} ${JSON.stringify(settings[name])}${chosen ? '*' : ''}`];
    });
    terminal.print(`  ${group.padEnd(11)}${shown.join('  ')}`);
  }
  terminal.print('  (* given on the command line)');
}

function printSizes(
  windows: Run['windows'],
  tokens: RunConfig['tokens'],
  tokenizer: Tokenizer,
  model: LanguageModel,
  terminal: Terminal,
): void {
  const n = (value: number) => value.toLocaleString('en-US');
  const valid = tokens.valid === undefined ? '' : ` + ${n(tokens.valid)} to validate on`;
  terminal.print(`Text: ${n(tokens.train)} tokens${valid}, vocabulary ${n(tokenizer.vocabSize)}`);
  terminal.print(
    `Windows: ${n(windows.train.count)} to train on, ${n(windows.validation.count)} to validate on`,
  );
  terminal.print(`Model: ${model.constructor.name}, ${n(model.parameterCount())} parameters\n`);
}

async function sample(
  model: LanguageModel,
  tokenizer: Tokenizer,
  { start, prompt, sampleTokens, temperature, seed }: Settings,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (sampleTokens === 0) return undefined;
  const first = start === 'random' ? randomStart(tokenizer, seed) : prompt;
  const { text } = await generateText(model, tokenizer, first, {
    maxNewTokens: sampleTokens,
    temperature,
    seed,
    signal,
  });
  return (typeof first === 'string' ? first : tokenizer.decode(first)) + text;
}

/** What the model writes now, beside what it wrote before it had learned anything. */
async function tell(
  run: Run,
  untrained: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const trained = await sample(run.model, run.tokenizer, run.settings, signal);
  if (trained === undefined) return;
  const parts = [
    ...(untrained === undefined ? [] : [`--- before training\n${untrained}`]),
    `--- after training\n${trained}`,
  ];
  for (const part of parts) terminal.print(`\n${part}`);
  run.folder.appendSamples(`${parts.join('\n\n')}\n\n`);
}
