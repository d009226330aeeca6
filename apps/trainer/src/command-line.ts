// The command line of the trainer. Flags, checks and help of `train` come from the schema in settings.ts,
// those of `generate` from the one below.
import {
  checkFlags,
  defineCommand,
  engineFlags,
  flag,
  flagName,
  generationFlags,
  helpEntry,
  helpOfFlags,
  integer,
  loadFlags,
  modelFlags,
  nonNegative,
  splitFlags,
  text,
  textFlags,
  toggle,
  type Command,
} from '@lilformer/command-line';
import { z } from 'zod';
import { PRESETS, presetNamed } from './presets.js';
import { checkSettings, DEFAULTS, settingsSchema, type SettingName, type Settings } from './settings.js';
import { SWEEPS } from './sweeps.js';

/** What can be changed on a run that goes on. */
export const CHANGEABLE: readonly SettingName[] = [
  'maxSteps',
  'epochs',
  'patience',
  'engine',
  'threads',
  'logEvery',
  'saveEvery',
];

/** What was asked for. */
export type TrainCommand =
  | {
      readonly kind: 'start';
      readonly preset: string;
      readonly settings: Settings;
      readonly run: string | undefined;
    }
  | { readonly kind: 'resume'; readonly run: string; readonly changes: Record<string, string> };

const folderFlags = {
  run: flag(
    { group: 'Run folder', value: 'FOLDER', help: 'where to write; default runs/<preset>-<number>' },
    text().optional(),
  ),
  resume: flag(
    {
      group: 'Run folder',
      value: 'FOLDER',
      help: `go on with a run; with it only ${CHANGEABLE.map(flagName).join(', ')} can change`,
    },
    text().optional(),
  ),
};

const schema = z.object({
  preset: flag({ value: 'NAME', help: 'one of the presets above' }, text().optional()),
  ...folderFlags,
  ...settingsSchema.shape,
});

/**
 * Reads the flags of `train`.
 * @throws Error with one line a mistake
 */
function parseTrain(args: readonly string[]): TrainCommand | undefined {
  const typed = splitFlags(schema, args);
  if (!typed) return undefined;
  const { preset = 'stories', run, resume, ...given } = typed as Record<string, string>;
  if (resume === undefined) {
    const settings = checkSettings({ ...DEFAULTS, ...presetNamed(preset).settings, ...given });
    return { kind: 'start', preset, settings, run };
  }
  if (typed.preset !== undefined || run !== undefined) {
    throw new Error(
      '--resume goes on with the settings of its run; expected neither --preset nor --run beside it',
    );
  }
  const fixed = Object.keys(given).filter((name) => !CHANGEABLE.includes(name as SettingName));
  if (fixed.length > 0) {
    const changeable = CHANGEABLE.map(flagName).join(', ');
    const lines = fixed.map(
      (name) =>
        `${flagName(name)}: fixed when the run was started; with --resume only ${changeable} can change`,
    );
    throw new Error(lines.join('\n'));
  }
  return { kind: 'resume', run: resume, changes: given };
}

export interface SweepCommand {
  /** A built-in sweep, unless there is a file. */
  readonly preset: string;
  readonly file: string | undefined;
  /** Names of runs, when not all are wanted. */
  readonly only: readonly string[] | undefined;
  readonly runs: string | undefined;
  readonly report: string | undefined;
  readonly jobs: number | undefined;
  /** Settings of all runs. */
  readonly typed: Readonly<Record<string, unknown>>;
}

const sweepOptions = z.object({
  preset: flag({ group: 'Sweep', value: 'NAME', help: 'one of the sweeps above' }, text().optional()),
  file: flag(
    {
      group: 'Sweep',
      value: 'FILE',
      help: 'a sweep of your own: JSON with `preset`, `settings` and `runs`, each run by its name with the settings in which it differs',
    },
    text().optional(),
  ),
  only: flag(
    {
      group: 'Sweep',
      value: 'RUN',
      many: true,
      help: 'only this run of the sweep; may be given several times',
    },
    z.array(text()).optional(),
  ),
  runs: flag(
    { group: 'Sweep', value: 'FOLDER', help: 'where the runs go; default runs/NAME' },
    text().optional(),
  ),
  report: flag(
    { group: 'Sweep', value: 'FOLDER', help: 'where table, figures and report go; default: with the runs' },
    text().optional(),
  ),
  jobs: flag(
    {
      group: 'Sweep',
      value: 'N',
      help: 'runs at a time; --threads says how many threads each has. Default: as many as there are cores, one thread each',
    },
    integer(1).optional(),
  ),
});

/** `sweep`: its flags and help. */
export const sweepFlags: Command<SweepCommand> = {
  parse(args) {
    const given = splitFlags(sweepOptions.extend(settingsSchema.shape), args);
    if (!given) return undefined;
    const ours = Object.keys(sweepOptions.shape);
    const { preset, file, only, runs, report, jobs } = checkFlags(
      sweepOptions,
      Object.fromEntries(Object.entries(given).filter(([name]) => ours.includes(name))),
    );
    if ((preset === undefined) === (file === undefined)) {
      throw new Error(`expected either --preset NAME (${Object.keys(SWEEPS).join(', ')}) or --file FILE`);
    }
    const typed = Object.fromEntries(Object.entries(given).filter(([name]) => !ours.includes(name)));
    return {
      preset: preset ?? '',
      file,
      only,
      runs,
      report,
      jobs,
      typed: checkFlags(settingsSchema.partial(), typed),
    };
  },
  help: () =>
    [
      'Trains several models that differ in a few settings, and reports what the differences bring.',
      '',
      '  npx nx run trainer:sweep -- --preset hyperparameters',
      '  npx nx run trainer:sweep -- --preset evolution --data train.txt --valid valid.txt',
      '  npx nx run trainer:sweep -- --file my-sweep.json --jobs 2 --max-steps 500',
      '',
      'Each run is a process of its own. Ctrl-C saves them all; the same command goes on with what was',
      'interrupted and skips what is done. Any setting of `train` may be given, for all runs.',
      '',
      'Sweeps (--preset NAME):',
      ...Object.entries(SWEEPS).flatMap(([name, { about, runs }]) =>
        helpEntry(name, `${about} (${Object.keys(runs).length} runs)`),
      ),
      ...helpOfFlags(sweepOptions),
    ].join('\n'),
};

/** The help of `train`. */
function trainHelp(): string {
  return [
    'Trains a language model and writes a run folder.',
    '',
    '  npx nx run trainer:train                          a minute on the built-in stories',
    '  npx nx run trainer:train -- --preset evolution/03-bigram --data train.txt --valid valid.txt',
    '  npx nx run trainer:train -- --preset shakespeare/baseline --d-model 64 --epochs 2',
    '  npx nx run trainer:train -- --resume runs/NAME    go on where it stopped',
    '',
    'Ctrl-C stops after the present step and saves; --resume goes on from there, bit for bit.',
    'Paths are relative to where you stand.',
    '',
    'Presets (--preset NAME), each a set of values for the settings below:',
    ...Object.entries(PRESETS).flatMap(([name, { about }]) => helpEntry(name, about)),
    ...helpOfFlags(z.object(folderFlags)),
    ...helpOfFlags(settingsSchema, DEFAULTS),
  ].join('\n');
}

/** `train`: its flags and help. */
export const trainFlags: Command<TrainCommand> = { parse: parseTrain, help: trainHelp };

export type GenerateCommand = NonNullable<ReturnType<typeof generateFlags.parse>>;

/** `generate`: its flags and help. */
export const generateFlags = defineCommand({
  summary: 'Lets a trained or pretrained model write: go on with its prompts, or answer them.',
  examples: [
    'npx nx run trainer:generate -- --model runs/NAME --prompt "Once upon a time"',
    'npx nx run trainer:generate -- --model gpt2 --prompt "Once upon a time" --top-k 50 --repetition-penalty 1.2',
    'npx nx run trainer:generate -- --model t5-small --prompt "translate English to German: Hello." --num-beams 4',
    'npx nx run trainer:generate -- --model model_weights.pth --tokenizer char --text tiny-shakespeare',
  ],
  notes: [
    'Several prompts are written side by side with --together, and one after the other, as they come, without.',
  ],
  flags: z.object({
    ...modelFlags,
    prompt: flag(
      { value: 'TEXT', many: true, help: 'what the text starts from; may be given several times' },
      z.array(z.string()).default(['Once upon a time']),
    ),
    randomStart: flag({ help: 'starts from one token drawn at random instead of a prompt' }, toggle()),
    together: flag(
      { help: 'all prompts at once, which is faster; the texts come when all are done' },
      toggle(),
    ),
    maxNewTokens: flag({ value: 'N', help: 'most tokens to generate' }, integer(1).default(200)),
    temperature: flag(
      {
        value: 'T',
        help: 'below 1 safer, above 1 more varied; 0: always the most likely token; default 0.8',
      },
      nonNegative().optional(),
    ),
    cleanSpacing: flag(
      {
        help: 'takes away blanks before punctuation, as tokenizers that drop blanks leave them; the text comes at once',
      },
      toggle(),
    ),
    last: flag({ help: 'the last weights of a run instead of the best ones' }, toggle()),
    ...generationFlags,
    ...loadFlags,
    text: textFlags.text,
    separator: textFlags.separator,
    ...engineFlags,
  }),
});

export type ExportCommand = NonNullable<ReturnType<typeof exportFlags.parse>>;

/** `export`: its flags and help. */
export const exportFlags = defineCommand({
  summary:
    "Writes a trained model as a folder that Hugging Face's libraries load, in Python too (gpt2 and nano-gpt).",
  examples: ['npx nx run trainer:export -- --run runs/NAME --to my-gpt2'],
  flags: z.object({
    run: flag({ value: 'FOLDER', help: 'a run folder, as `train` prints it' }, text('a run folder')),
    to: flag({ value: 'FOLDER', help: 'where to write; made where it is missing' }, text('a folder')),
    last: flag({ help: 'the last weights instead of the best ones' }, toggle()),
    noTokenizer: flag(
      { help: 'leaves the tokenizer out, as for compact GPT-2, which has no such form' },
      toggle(),
    ),
    ...engineFlags,
  }),
});
