// The command line of the trainer. Flags, checks and help of `train` and `sweep` derive from the schema in settings.ts and the
// model definitions.
import {
  jsonFlags,
  checkFlags,
  commonFlags,
  defineCommand,
  describeFlags,
  engineFlags,
  loadFlags,
  flag,
  flagName,
  generationFlags,
  helpEntry,
  helpExample,
  helpOfFlags,
  helpText,
  importFlags,
  modelFlags as modelSourceFlags,
  nonNegative,
  oneOf,
  readConfig,
  toggle,
  splitFlags,
  text,
  textFlags,
  integer,
  type Command,
} from '@lilformer/command-line';
import { z } from 'zod';
import { checkFineTuning, FINE_TUNING_LENGTH, FINE_TUNING_RATE } from './settings/fine-tuning.js';
import { isPublished, modelFlags, modelSummaries } from './settings/model-settings.js';
import { PRESETS, presetNamed } from './settings/presets.js';
import { resolveSettings, settingsSchema, type Settings } from './settings/settings.js';
import { SWEEPS } from './sweep/sweeps.js';

/** Settings that can change when a run is resumed. */
export const CHANGEABLE: readonly string[] = [
  'maxSteps',
  'maxEpochs',
  'earlyStoppingPatience',
  'engine',
  'threads',
  'logEvery',
  'saveEvery',
];

/** A parsed `train` command. */
export type TrainCommand =
  | {
      readonly kind: 'start';
      readonly preset: string;
      readonly settings: Settings;
      /** Names of the settings on the command line. */
      readonly given: readonly string[];
      /** Settings of the preset that have no effect with those of the command line. */
      readonly unused: readonly string[];
      readonly run: string | undefined;
      readonly imports: readonly string[] | undefined;
    }
  | {
      readonly kind: 'fine-tune';
      /** The trained model to start from. */
      readonly from: string;
      /** The settings of the command line. */
      readonly typed: Readonly<Record<string, string>>;
      /** The settings as far as they do not depend on the model. */
      readonly settings: Settings;
      readonly run: string | undefined;
      readonly imports: readonly string[] | undefined;
    }
  | { readonly kind: 'resume'; readonly run: string; readonly changes: Record<string, string> };

const folderFlags = {
  from: flag(
    {
      group: 'Fine-tuning',
      value: 'SOURCE',
      help:
        'start from the weights of a trained model instead of random ones: a run folder, a file of weights, a folder in ' +
        "Hugging Face's format, or a name on its Hub such as gpt2. Model and tokenizer come from there",
      when:
        `Default learning rate: a tenth of that of a run, else ${FINE_TUNING_RATE}; raise it when the loss hardly falls, lower it when ` +
        `the first evaluations rise. Default context length: that of the model, at most ${FINE_TUNING_LENGTH}.`,
    },
    text().optional(),
  ),
  preset: flag(
    { group: 'Run folder', value: 'NAME', help: 'one of the presets above', choices: Object.keys(PRESETS) },
    text().optional(),
  ),
  run: flag(
    {
      group: 'Run folder',
      value: 'FOLDER',
      help: 'folder to create; default runs/<data>-<number>, with the data of the preset runs/<preset>-<number>',
    },
    text().optional(),
  ),
  resume: flag(
    {
      group: 'Run folder',
      value: 'FOLDER',
      help: `resume a run; only ${CHANGEABLE.map(flagName).join(', ')} can change`,
    },
    text().optional(),
  ),
  ...importFlags,
  ...commonFlags,
  ...jsonFlags,
};

/** All flags: `own` ones and settings. */
function schemaOf<Own extends z.ZodRawShape>(own: Own) {
  const { model, ...settings } = settingsSchema.shape;
  const choices = modelSummaries().map(([type]) => type);
  const completed = flag({ ...describeFlags(settingsSchema).get('model')!, choices }, model);
  return z.object({ ...own, ...settings, ...modelFlags(), model: completed });
}

/** What is typed for `own` flags and for settings, and the settings of `--config`; undefined with `--help`. */
function splitSettings<Own extends z.ZodRawShape>(own: Own, args: readonly string[]) {
  const schema = schemaOf(own);
  const typed = splitFlags(schema, args);
  if (!typed) return undefined;
  const config = readConfig(schema, typed.config);
  const part = (values: object, isWanted: boolean) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(own, name) === isWanted));
  return {
    flags: checkFlags(z.object(own), part({ ...config.values, ...typed }, true)),
    settings: part(typed, false) as Record<string, string>,
    config: { ...config, values: part(config.values, false) },
  };
}

function parseTrain(args: readonly string[]): TrainCommand | undefined {
  const typed = splitSettings(folderFlags, args);
  if (!typed) return undefined;
  const { preset, run, resume, from, import: imports } = typed.flags;
  if (from !== undefined) {
    const other = preset === undefined ? (resume === undefined ? undefined : '--resume') : '--preset';
    if (other) {
      throw new Error(`--from: with ${other}. Expected only --from ${from}, whose model is trained further.`);
    }
    const given = { ...typed.config.values, ...typed.settings } as Record<string, string>;
    return { kind: 'fine-tune', from, typed: given, settings: checkFineTuning(from, given), run, imports };
  }
  if (resume === undefined) {
    const { values, isRun } = typed.config;
    checkPublished({ ...values, ...typed.settings });
    const name = preset ?? 'stories';
    // The settings of a run are complete.
    const base = isRun && preset === undefined ? values : { ...presetNamed(name).settings, ...values };
    const resolved = resolveSettings(typed.settings, base);
    const given = Object.keys(typed.settings);
    return { kind: 'start', preset: name, ...resolved, given, run, imports };
  }
  if (preset !== undefined || run !== undefined) {
    throw new Error(
      '--resume: with --preset or --run. Expected neither: a run is resumed with its settings.',
    );
  }
  const changes = { ...typed.config.values, ...typed.settings } as Record<string, string>;
  const fixed = Object.keys(changes).filter((name) => !CHANGEABLE.includes(name));
  if (fixed.length > 0) {
    const changeable = CHANGEABLE.map(flagName).join(', ');
    throw new Error(
      fixed
        .map((name) => `${flagName(name)}: cannot change when a run is resumed. Expected ${changeable} only.`)
        .join('\n'),
    );
  }
  return { kind: 'resume', run: resume, changes };
}

/**
 * Refuses `--model gpt2` alone: elsewhere that is the published model, here an architecture with random weights.
 * @throws Error naming both ways
 */
function checkPublished(typed: Readonly<Record<string, unknown>>): void {
  const sizes = ['nLayer', 'nEmbd'];
  if (typeof typed.model !== 'string' || !isPublished(typed.model) || sizes.some((name) => name in typed))
    return;
  throw new Error(
    `--model: ${typed.model} names an architecture here, whose weights start at random. Expected --from ${typed.model} to train the ` +
      `published weights further, or the sizes of a model of your own: --model ${typed.model} --n-layer 4 --n-embd 192.`,
  );
}

/** A parsed `sweep` command: its own flags, and `typed`, settings of all runs that have them. */
export type SweepCommand = NonNullable<ReturnType<typeof parseSweep>>;

const sweepOptions = {
  preset: flag(
    { group: 'Sweep', value: 'NAME', help: 'one of the sweeps above', choices: Object.keys(SWEEPS) },
    text().optional(),
  ),
  file: flag(
    {
      group: 'Sweep',
      value: 'FILE',
      help: 'a sweep of your own: JSON with `preset`, `settings` and `runs`; each run has a name and the settings in which it differs',
    },
    text().optional(),
  ),
  only: flag(
    { group: 'Sweep', value: 'RUN', many: true, help: 'only this run; may be given several times' },
    z.array(text()).optional(),
  ),
  runs: flag(
    { group: 'Sweep', value: 'FOLDER', help: 'folder of the run folders; default runs/NAME' },
    text().optional(),
  ),
  report: flag(
    {
      group: 'Sweep',
      value: 'FOLDER',
      help: 'folder of tables, figures and report; default: that of --runs',
    },
    text().optional(),
  ),
  seeds: flag(
    {
      group: 'Sweep',
      value: 'N,N,…',
      help: 'train each run with these seeds, and report mean and spread; figures show the first',
    },
    z
      .string()
      .regex(/^\d+(,\d+)*$/, 'expected seeds with commas between them, such as 1,2,3')
      .transform((list) => list.split(',').map(Number))
      .optional(),
  ),
  jobs: flag(
    {
      group: 'Sweep',
      value: 'N',
      help: 'runs at a time; --threads sets the threads of each. Default: the number of cores, one thread each',
    },
    integer(1).optional(),
  ),
  ...importFlags,
  ...commonFlags,
};

function parseSweep(args: readonly string[]) {
  const typed = splitSettings(sweepOptions, args);
  if (!typed) return undefined;
  const { preset, file } = typed.flags;
  if ((preset === undefined) === (file === undefined)) {
    throw new Error(
      `--preset: ${preset === undefined ? 'missing' : 'with --file'}. Expected one of --preset NAME (${Object.keys(SWEEPS).join(', ')}) and --file FILE.`,
    );
  }
  const settings = { ...typed.config.values, ...typed.settings } as Record<string, string>;
  return { ...typed.flags, typed: settings };
}

/** `sweep`: its flags and help. */
export const sweepFlags: Command<SweepCommand> = {
  schema: () => schemaOf(sweepOptions),
  parse: parseSweep,
  help: () =>
    [
      ...helpText('Trains several models that differ in a few settings, and reports the differences.'),
      '',
      ...[
        'npx lilformer sweep --preset hyperparameters',
        'npx lilformer sweep --preset evolution --data train.txt --valid valid.txt',
        'npx lilformer sweep --file my-sweep.json --jobs 2 --max-steps 500',
      ].flatMap(helpExample),
      '',
      ...helpText(
        'Each run is a process of its own. Ctrl-C saves all runs; the same command resumes those that were interrupted and ' +
          'skips those that are done. Any setting of `train` can be given; it applies to the runs that have it.',
      ),
      '',
      'Sweeps (--preset NAME):',
      ...Object.entries(SWEEPS).flatMap(([name, { about, runs }]) =>
        helpEntry(name, `${about} (${Object.keys(runs).length} runs)`),
      ),
      ...helpOfFlags(z.object(sweepOptions)),
    ].join('\n'),
};

/** The help of `train`: with `--preset` or `--model`, of that preset or model. */
function trainHelp(args: readonly string[] = []): string {
  const typed = splitSettings(folderFlags, args);
  const model = typed?.settings.model;
  const { settings } = resolveSettings(
    typed?.settings ?? {},
    presetNamed(typed?.flags.preset ?? 'stories').settings,
  );
  const models = model === undefined ? undefined : z.object(modelFlags(model));
  return [
    ...helpText('Trains a language model and writes a run folder.'),
    '',
    ...[
      'npx lilformer train',
      'npx lilformer train --preset evolution/03-bigram --data train.txt --valid valid.txt',
      'npx lilformer train --model nano-gpt --n-layers 4 --dropout 0.1 --data my-text.txt',
      'npx lilformer train --from gpt2 --data my-text.txt',
      'npx lilformer train --resume runs/NAME',
      'npx lilformer train --help --model gpt2',
    ].flatMap(helpExample),
    '',
    ...helpText(
      'The first takes a minute, on generated stories; --resume continues an interrupted run; --help with --model lists the ' +
        'settings of one model. Ctrl-C stops after the current step and saves; --resume continues bit for bit. Paths are ' +
        'relative to the current folder. A setting that has no effect is an error. In brackets: the value of the preset ' +
        'stories, or else the default.',
    ),
    '',
    ...helpText('Presets (--preset NAME), each a set of values for the settings below:'),
    ...Object.entries(PRESETS).flatMap(([name, { about }]) => helpEntry(name, about)),
    '',
    'Models (--model TYPE):',
    ...modelSummaries().flatMap(([type, summary]) => helpEntry(type, summary)),
    ...helpOfFlags(z.object(folderFlags)),
    ...helpOfFlags(settingsSchema, settings),
    ...helpOfFlags(models ?? z.object(modelFlags()), models ? settings : {}),
  ].join('\n');
}

/** `train`: its flags and help. */
export const trainFlags: Command<TrainCommand> = {
  schema: () => schemaOf(folderFlags),
  parse: parseTrain,
  help: trainHelp,
};

const weightsFlags = {
  weights: flag(
    {
      value: 'WHICH',
      help: 'of a run: `best`, or `last`, with which it would be resumed',
      when: 'Take `last` for the newest weights of a run that is still training.',
    },
    oneOf('best', 'last').default('best'),
  ),
};

export type GenerateCommand = NonNullable<ReturnType<typeof generateFlags.parse>>;

/** `generate`: its flags and help. */
export const generateFlags = defineCommand({
  summary: 'Generates text with a trained or pretrained model: continues prompts, or answers them.',
  examples: [
    'npx lilformer generate --model runs/NAME --prompt "Once upon a time"',
    'npx lilformer generate --model gpt2 --prompt "Once upon a time" --top-k 50 --repetition-penalty 1.2',
    'npx lilformer generate --model t5-small --prompt "translate English to German: Hello." --num-beams 4',
    'npx lilformer generate --model model_weights.pth --tokenizer char --text tiny-shakespeare',
  ],
  flags: z.object({
    ...modelSourceFlags,
    ...weightsFlags,
    prompt: flag(
      { value: 'TEXT', many: true, help: 'beginning of the text; may be given several times' },
      z.array(z.string()).default(['Once upon a time']),
    ),
    randomStart: flag({ help: 'start from a random token instead of a prompt' }, toggle()),
    together: flag({ help: 'all prompts in one batch: faster, printed when all are done' }, toggle()),
    maxNewTokens: flag({ value: 'N', help: 'most tokens to generate' }, integer(1).default(200)),
    temperature: flag(
      {
        value: 'T',
        help: 'below 1 safer, above 1 more varied; 0: always the most likely token; default 0.8',
      },
      nonNegative().optional(),
    ),
    cleanSpacing: flag(
      { help: 'remove spaces before punctuation, for tokenizers that drop spaces; printed when done' },
      toggle(),
    ),
    ...generationFlags,
    ...loadFlags,
    text: textFlags.text,
    separator: textFlags.separator,
    ...engineFlags,
    ...jsonFlags,
  }),
});

export type ExportCommand = NonNullable<ReturnType<typeof exportFlags.parse>>;

/** `export`: its flags and help. */
export const exportFlags = defineCommand({
  summary: "Writes a model as a folder that Hugging Face's libraries load, also in Python.",
  examples: ['npx lilformer export --model runs/NAME --to my-gpt2'],
  flags: z.object({
    ...modelSourceFlags,
    ...weightsFlags,
    to: flag({ value: 'FOLDER', help: 'folder to write; created if missing' }, text('a folder')),
    noTokenizer: flag(
      { help: 'without the tokenizer; for compact GPT-2 tokenizers, which Hugging Face has no format for' },
      toggle(),
    ),
    ...engineFlags,
  }),
});
