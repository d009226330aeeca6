// `train`: trains a model from its settings, or resumes a run, in a run folder.
import { readFile, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import {
  describeFlags,
  displayPath,
  corpusProgress,
  flagName,
  resolveUserPath,
  sendToParent,
  shellCommand,
  terminalWidth,
  type Terminal,
} from '@lilformer/command-line';
import { createTokenizer, encodeCorpus, makeWindows, openCorpus, type Corpus } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { createModel, modelDefinitions, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText, randomStart } from '@lilformer/sampling';
import { loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { progressLine, train, type DoneEvent } from '@lilformer/training';
import type { TrainCommand } from '../command-line.js';
import { timeNotice } from '../expected-time.js';
import { PRESETS } from '../settings/presets.js';
import { machineLoad } from '../../machine-load.js';
import { removeResult, writeResult } from './result.js';
import { newRunFolder } from './run-folder.js';
import { checkPrompt, samplePrompt } from './sample-prompt.js';
import { modelConfigOf, resolveSettings, settingsSchema, type Settings } from '../settings/settings.js';
import {
  corpusOptions,
  tokenizerOptions,
  trainingOptions,
  windowOptions,
} from '../settings/training-options.js';
import { openTrainedSource, type From } from './trained-source.js';

/** The contents of a run's config.json: everything needed to build model and data again. */
interface RunConfig {
  readonly format: 2;
  /** Undefined with `from`. */
  readonly preset?: string;
  /** Where the initial weights come from, when they are not random. */
  readonly from?: From;
  readonly settings: Settings;
  readonly model: ModelConfig;
  /** Modules that `--import` named; not imported by anything that reads the run. */
  readonly imports?: readonly string[];
  readonly corpus: Corpus;
  /** Tokens of the two splits. */
  readonly tokens: { readonly train: number; readonly valid?: number };
  /** Hashes of the two texts; they differ when the text has changed. */
  readonly textHashes: { readonly train: string; readonly valid?: string };
}

const FORMAT = 2;

/** A command that creates a run. */
type StartCommand = Exclude<TrainCommand, { kind: 'resume' }>;

interface Run {
  readonly folder: RunFolder;
  readonly settings: Settings;
  /** Prompt of the samples; undefined to start from a random token. */
  readonly prompt: string | undefined;
  readonly tokenizer: Tokenizer;
  readonly model: LanguageModel;
  readonly windows: ReturnType<typeof makeWindows>;
  /** Description of the engine. */
  readonly engine: string;
  readonly imports: RunConfig['imports'];
}

/** The `--import` flags of commands that are printed for a run of a custom model. */
const importFlags = (imports: RunConfig['imports'] = []) =>
  imports.flatMap((path) => ['--import', displayPath(path)]);

/** Trains or resumes a run; returns its last event. */
export async function trainCommand(
  command: TrainCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<DoneEvent> {
  const before = machineLoad();
  const run =
    command.kind === 'resume'
      ? await resume(command, terminal, signal)
      : await start(command, terminal, signal);
  const { folder, settings, model } = run;
  try {
    // A resumed run has its initial weights until `train` loads its state.
    const written = await samplesOf(folder.path);
    const untrained = written === '' ? await sample(run, signal) : undefined;
    const options = trainingOptions(settings, run.windows);
    const announce = timeNotice(terminal);
    let done: DoneEvent | undefined;
    for await (const event of train({ model, folder, signal, restoreBest: true, ...options })) {
      const shown = event.type !== 'step' || event.step % settings.logEvery === 0;
      if (shown) {
        sendToParent(event);
        terminal.json(event);
      }
      if (event.type === 'start') {
        for (const warning of event.warnings) terminal.note(`note: ${warning}`);
      } else if (event.type === 'step') {
        announce(event.eta);
        if (shown || event.step === 1 || event.step === event.totalSteps) {
          terminal.progress(progressLine(event), 0);
        }
      } else if (event.type !== 'checkpoint') {
        terminal.print(progressLine(event));
      }
      if (event.type === 'done') done = event;
    }
    if (!done) throw new Error('training ended without its last event');
    const path = displayPath(folder.path);
    if (done.reason === 'interrupted') {
      const command = shellCommand('train', [...importFlags(run.imports), '--resume', path]);
      terminal.note(`\nSaved. Resume with: ${command}`);
      return done;
    }
    const trained = await sample(run, signal);
    terminal.json({ type: 'result', folder: folder.path, sample: trained });
    if (trained !== undefined) {
      const before = untrained === undefined ? [] : [`--- before training\n${untrained}`];
      const samples = `${[...before, `--- after training\n${trained}`].join('\n\n')}\n\n`;
      terminal.print(`\n${samples.trimEnd()}`);
      // Killed after this line, a resumed run writes the same samples again.
      if (!written.endsWith(samples)) folder.appendSamples(samples);
    }
    const { reason, step, epoch, tokens, elapsed } = done;
    const after = machineLoad();
    await writeResult(folder.path, {
      ...{ reason, step, epoch, tokens, elapsed, engine: run.engine },
      parameters: model.parameterCount(),
      peakMemory: process.resourceUsage().maxRSS * 1024,
      ...(before !== undefined && after !== undefined && { load: { before, after } }),
    });
    const prompt = run.prompt === undefined ? [] : ['--prompt', run.prompt];
    terminal.print(`\nRun folder: ${path}`);
    const flags = [...importFlags(run.imports), '--model', path, ...prompt];
    terminal.note(`Generate: ${shellCommand('generate', flags)}`);
    return done;
  } finally {
    await folder.close();
  }
}

async function start(command: StartCommand, terminal: Terminal, signal: AbortSignal): Promise<Run> {
  const { run, settings } = command;
  const engine = await startEngine(settings, terminal);
  if (command.kind === 'start') printSettings(command, settings, terminal);
  const path = run === undefined ? await newRunFolder(runName(command)) : resolveUserPath(run);
  let prepared: Omit<Run, 'folder'> | undefined;
  try {
    // The folder is locked first, so that a second command fails before it tokenizes the text.
    const folder = await RunFolder.create(path, async () => {
      const { contents, ...rest } = await prepare(command, terminal, signal);
      prepared = { ...rest, engine, imports: contents.imports };
      return {
        config: JSON.parse(JSON.stringify(contents)) as RunConfig, // without undefined values
        tokenizer: rest.tokenizer.toJSON(),
      };
    });
    if (command.kind === 'fine-tune') await saveInitial(folder, prepared!.model);
    return { folder, ...prepared! };
  } catch (error) {
    if (run === undefined) await rmdir(path).catch(() => undefined); // not empty: something was saved
    throw error;
  }
}

/** Saves the weights of a source, which a run that is killed before its first state resumes from. */
async function saveInitial(folder: RunFolder, model: LanguageModel): Promise<void> {
  try {
    await folder.saveBest(model.stateDict(), { step: 0 });
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The name of a new run: that of its preset, or of its data when that is another. */
function runName(command: StartCommand): string {
  const { data } = command.settings;
  if (command.kind === 'start') {
    const { data: own = 'stories' } = PRESETS[command.preset].settings;
    if (data === own) return command.preset;
  }
  return basename(data).replace(/(\.\w+)?(\.gz)?$/i, '') || 'run';
}

/** Text, tokenizer, windows and model of a new run. */
async function prepare(command: StartCommand, terminal: Terminal, signal: AbortSignal) {
  const source = command.kind === 'fine-tune' ? await openTrainedSource(command, terminal) : undefined;
  const { settings } = source ?? command;
  if (command.kind === 'fine-tune') printSettings(command, settings, terminal);
  const given = command.kind === 'start' ? command.given : Object.keys(command.typed);
  const task = { signal, onProgress: corpusProgress(terminal) };
  const baseFolder = resolveUserPath('.');
  const corpus = await openCorpus({ ...corpusOptions(settings), baseFolder }, task);
  const tokenizer =
    source?.tokenizer ?? (await createTokenizer({ ...tokenizerOptions(settings), baseFolder }, corpus, task));
  const mistake = checkPrompt(settings, tokenizer);
  if (mistake && given.includes('prompt')) throw new Error(mistake);
  const { textHashes, ...tokens } = await encodeCorpus(corpus, tokenizer, task);
  const prompt = samplePrompt(settings, tokenizer, tokens.train, terminal);
  const windows = makeWindows(windowOptions(settings), tokens);
  const config = source?.config ?? modelConfigOf(settings, tokenizer.vocabSize);
  const model = createModel(config, new Random(settings.seed).split('weights'));
  if (source) model.loadStateDict(source.weights);
  const counts = { train: tokens.train.length, valid: tokens.valid?.length };
  printSizes({ windows, tokenizer, model, settings }, counts, terminal);
  const contents: RunConfig = {
    ...{ format: FORMAT, preset: command.kind === 'start' ? command.preset : undefined, from: source?.from },
    ...{ settings, model: config, corpus, tokens: counts, textHashes },
    imports: command.imports?.map(resolveUserPath),
  };
  return { contents, settings, tokenizer, model, windows, prompt };
}

async function resume(
  { run, changes }: Extract<TrainCommand, { kind: 'resume' }>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Run> {
  const folder = await RunFolder.resume(resolveUserPath(run), {
    notify: (message) => terminal.note(message),
  });
  try {
    const config = checkConfig(folder.path, folder.config);
    const { model: modelConfig, imports = [] } = config;
    if (!modelDefinitions().has(modelConfig.type)) {
      throw new Error(
        `${folder.path}: model type ${modelConfig.type} is not defined. Expected --import ${imports.join(' --import ')}.`,
      );
    }
    const { settings } = resolveSettings(changes, config.settings);
    const engine = await startEngine(settings, terminal);
    const tokenizer = await loadTokenizer(join(folder.path, 'tokenizer.json'));
    const { textHashes, ...tokens } = await encodeCorpus(config.corpus, tokenizer, {
      signal,
      onProgress: corpusProgress(terminal),
    });
    const counts = { train: tokens.train.length, valid: tokens.valid?.length };
    for (const part of ['train', 'valid'] as const) {
      // Runs of earlier versions have no hashes.
      if (
        counts[part] === config.tokens[part] &&
        textHashes[part] === (config.textHashes ?? textHashes)[part]
      )
        continue;
      throw new Error(
        `${folder.path}: its ${part === 'train' ? 'training' : 'validation'} text has changed (${counts[part]} tokens, ` +
          `${config.tokens[part]} before). Restore the text, or start a new run.`,
      );
    }
    const prompt = samplePrompt(settings, tokenizer, tokens.train, terminal);
    const windows = makeWindows(windowOptions(settings), tokens);
    const model = createModel(modelConfig, new Random(settings.seed).split('weights'));
    if (config.from) {
      const initial = await folder.loadBest();
      if (!initial) {
        throw new Error(
          `${folder.path}: its creation was interrupted before the weights of ${config.from.source} were saved. ` +
            'Delete the folder and start the run again.',
        );
      }
      model.loadStateDict(initial.tensors); // replaced by those of its state, if it has one
    }
    printSizes({ windows, tokenizer, model, settings }, counts, terminal);
    // What changes becomes part of the run, also when it is interrupted and resumed without the changes.
    await folder.writeConfig({ ...config, settings });
    await removeResult(folder.path);
    return { folder, settings, prompt, tokenizer, model, windows, engine, imports };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** @throws Error naming the field of a run's config.json that is missing or of the wrong type */
function checkConfig(path: string, config: unknown): RunConfig {
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const fields = isObject(config) ? config : {};
  const fail = (field: string, value: unknown, expected: string): never => {
    const found = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
    throw new Error(`${path}: ${field} in its config.json is ${found}. Expected ${expected}.`);
  };
  if (fields.format !== FORMAT) {
    fail('format', fields.format, `${FORMAT}. Resume with the version that wrote it`);
  }
  for (const field of ['settings', 'model', 'corpus', 'tokens']) {
    if (!isObject(fields[field])) fail(field, fields[field], 'an object');
  }
  const { model, corpus, imports = [] } = fields as unknown as Record<string, Record<string, unknown>>;
  if (typeof model.type !== 'string') fail('model.type', model.type, 'a type of model');
  if (!Array.isArray(imports)) fail('imports', imports, 'a list of files');
  for (const part of ['train', 'valid']) {
    if (part === 'valid' && corpus[part] === undefined) continue;
    const value = corpus[part];
    const isPart =
      isObject(value) && (value.kind === 'stories' || (Array.isArray(value.files) && isObject(value.read)));
    if (!isPart) fail(`corpus.${part}`, value, 'files or stories');
  }
  return config as RunConfig;
}

async function startEngine(
  { engine, threads, precision }: Settings,
  terminal: Pick<Terminal, 'note'>,
): Promise<string> {
  const notes: string[] = [];
  const opened = await openEngine({ engine, threads, precision, notify: (line) => notes.push(line) });
  terminal.note(`Engine: ${opened.describe()}`);
  for (const note of notes) terminal.note(`note: ${note}`);
  return opened.describe();
}

/** The settings; those from the command line are marked. */
function printSettings(command: StartCommand, settings: Settings, terminal: Terminal): void {
  const isPreset = command.kind === 'start';
  const { given, unused } = isPreset ? command : { given: Object.keys(command.typed), unused: [] };
  if (isPreset) terminal.note(`Preset ${command.preset}: ${PRESETS[command.preset].about}`);
  const groups = describeFlags(settingsSchema);
  const shown = new Map<string, string[]>();
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const group = groups.get(name as keyof typeof settingsSchema.shape)?.group ?? 'Model';
    const entry = `${flagName(name)} ${JSON.stringify(value)}${given.includes(name) ? '*' : ''}`;
    shown.set(group, [...(shown.get(group) ?? []), entry]);
  }
  const indent = 13;
  for (const [group, entries] of shown) {
    const lines: string[] = [];
    for (const entry of entries) {
      const joined = `${lines.at(-1)}  ${entry}`;
      if (lines.length > 0 && joined.length <= terminalWidth() - indent) lines[lines.length - 1] = joined;
      else lines.push(entry);
    }
    const text = lines.join(`\n${' '.repeat(indent)}`);
    terminal.note(`  ${group.padEnd(indent - 2)}${text}`);
  }
  if (given.length > 0) terminal.note('  (* from the command line)');
  if (unused.length > 0) {
    terminal.note(`note: settings of the preset without effect here: ${unused.map(flagName).join(', ')}`);
  }
}

function printSizes(
  { windows, tokenizer, model, settings }: Pick<Run, 'windows' | 'tokenizer' | 'model' | 'settings'>,
  tokens: RunConfig['tokens'],
  terminal: Terminal,
): void {
  const n = (value: number) => value.toLocaleString('en-US');
  const valid = tokens.valid === undefined ? '' : `, ${n(tokens.valid)} for validation`;
  terminal.note(`Text: ${n(tokens.train)} tokens${valid}, vocabulary size ${n(tokenizer.vocabSize)}`);
  const { vocabSize = 0 } = settings;
  if (tokenizer.vocabSize < vocabSize) {
    terminal.note(`note: the text is too short for the requested vocabulary size of ${n(vocabSize)}`);
  }
  terminal.note(
    `Windows: ${n(windows.train.count)} for training, ${n(windows.validation.count)} for validation`,
  );
  terminal.note(`Model: ${model.constructor.name}, ${n(model.parameterCount())} parameters\n`);
}

/** The samples written so far; empty before the first. */
async function samplesOf(folder: string): Promise<string> {
  return readFile(join(folder, 'samples.txt'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** A sample of the model; undefined when no samples are wanted. */
async function sample(
  { model, tokenizer, settings, prompt }: Pick<Run, 'model' | 'tokenizer' | 'settings' | 'prompt'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { sampleTokens, temperature, seed } = settings;
  if (sampleTokens === 0) return undefined;
  const first = prompt ?? randomStart(tokenizer, seed);
  const { text } = await generateText(model, tokenizer, first, {
    ...{ maxNewTokens: sampleTokens, temperature, signal },
    ...(temperature === 0 ? {} : { seed }),
  });
  return (typeof first === 'string' ? first : tokenizer.decode(first)) + text;
}
