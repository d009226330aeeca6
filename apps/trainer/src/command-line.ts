// The command line of the trainer: flags from the schema in settings.ts, unknown ones refused with the
// nearest known name, help in groups. Node's own `parseArgs` does the splitting.
import { engineNames, type EngineOptions } from '@lilformer/engine';
import { parseArgs } from 'node:util';
import { PRESETS, presetNamed } from './presets.js';
import {
  aboutSettings,
  checkSettings,
  DEFAULTS,
  flagOf,
  GROUPS,
  type SettingName,
  type Settings,
} from './settings.js';

/** What can be changed on a run that goes on. */
const CHANGEABLE: readonly SettingName[] = [
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
  | { readonly kind: 'help' }
  | {
      readonly kind: 'start';
      readonly preset: string;
      readonly settings: Settings;
      readonly run: string | undefined;
    }
  | { readonly kind: 'resume'; readonly run: string; readonly changes: Record<string, string> };

export interface GenerateCommand {
  readonly run: string;
  readonly prompts: readonly string[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly engine: EngineOptions['engine'];
  readonly threads: number | undefined;
  readonly last: boolean;
  readonly cache: boolean;
}

/**
 * Reads the flags of `train`.
 * @throws Error with one line a mistake
 */
export function parseTrain(args: readonly string[]): TrainCommand {
  const names = [...aboutSettings().keys()];
  const { values } = strictParse(args, [...names.map(flagOf), '--preset', '--run', '--resume'], ['--help']);
  if (values.help) return { kind: 'help' };
  const given = Object.fromEntries(
    names.flatMap((name) => {
      const value = values[flagOf(name).slice(2)];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  if (typeof values.resume === 'string') {
    if (values.preset !== undefined || values.run !== undefined) {
      throw new Error(
        '--resume goes on with the settings of its run; expected neither --preset nor --run beside it',
      );
    }
    const fixed = Object.keys(given).filter((name) => !CHANGEABLE.includes(name as SettingName));
    if (fixed.length > 0) {
      throw new Error(
        fixed
          .map(
            (name) =>
              `${flagOf(name)}: fixed when the run was started; with --resume only ${CHANGEABLE.map(flagOf).join(', ')} can change`,
          )
          .join('\n'),
      );
    }
    return { kind: 'resume', run: values.resume, changes: given };
  }
  const preset = typeof values.preset === 'string' ? values.preset : 'stories';
  const settings = checkSettings({ ...DEFAULTS, ...presetNamed(preset).settings, ...given });
  return { kind: 'start', preset, settings, run: typeof values.run === 'string' ? values.run : undefined };
}

const GENERATE_FLAGS = [
  '--run',
  '--prompt',
  '--max-tokens',
  '--temperature',
  '--top-k',
  '--top-p',
  '--seed',
  '--engine',
  '--threads',
];

/**
 * Reads the flags of `generate`.
 * @throws Error with one line a mistake
 */
export function parseGenerate(args: readonly string[]): GenerateCommand | { readonly kind: 'help' } {
  const { values } = strictParse(args, GENERATE_FLAGS, ['--help', '--last', '--no-cache'], ['--prompt']);
  if (values.help) return { kind: 'help' };
  if (typeof values.run !== 'string') {
    throw new Error('--run is missing: expected the folder of a run, as `train` prints it');
  }
  const number = (
    name: string,
    otherwise: number | undefined,
    expected: string,
    allowed: (x: number) => boolean,
  ) => {
    const given = values[name];
    if (typeof given !== 'string') return otherwise;
    const value = given.trim() === '' ? NaN : Number(given);
    if (!allowed(value)) throw new Error(`--${name} ${given}: expected ${expected}`);
    return value;
  };
  const wholeFrom = (least: number) => (x: number) => Number.isSafeInteger(x) && x >= least;
  return {
    run: values.run,
    prompts: Array.isArray(values.prompt) ? (values.prompt as string[]) : ['Once upon a time'],
    maxTokens: number('max-tokens', 200, 'a whole number of at least 1', wholeFrom(1))!,
    temperature: number('temperature', 0.8, 'a number of at least 0', (x) => Number.isFinite(x) && x >= 0)!,
    topK: number('top-k', undefined, 'a whole number of at least 1', wholeFrom(1)),
    topP: number('top-p', undefined, 'a number above 0 and at most 1', (x) => x > 0 && x <= 1),
    seed: number('seed', undefined, 'a whole number of at least 0', wholeFrom(0)),
    engine: engineNamed(values.engine),
    threads: number('threads', undefined, 'a whole number of at least 1', wholeFrom(1)),
    last: values.last === true,
    cache: values['no-cache'] !== true,
  };
}

function engineNamed(given: unknown): EngineOptions['engine'] {
  if (given === undefined) return undefined;
  const name = engineNames.find((known) => known === given);
  if (!name) throw new Error(`--engine ${String(given)}: expected one of ${engineNames.join(', ')}`);
  return name;
}

function strictParse(
  args: readonly string[],
  flags: readonly string[],
  switches: readonly string[],
  repeatable: readonly string[] = [],
) {
  const known = [...flags, ...switches];
  const options = Object.fromEntries([
    ...flags.map((flag) => [flag.slice(2), { type: 'string' as const, multiple: repeatable.includes(flag) }]),
    ...switches.map((flag) => [flag.slice(2), { type: 'boolean' as const }]),
  ]);
  // A value may start with a dash (`--prompt "- he said"`): joined by `=` it is never taken for a flag.
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const flag = args[i].split('=', 1)[0];
    if (flag.startsWith('-') && !known.includes(flag)) {
      const near = nearest(flag, known);
      throw new Error(
        `${flag}: no such setting${near ? `; did you mean ${near}?` : ''} (--help lists them all)`,
      );
    }
    if (!flags.includes(args[i])) {
      joined.push(args[i]);
    } else if (i + 1 >= args.length || known.includes(args[i + 1].split('=', 1)[0])) {
      throw new Error(`${args[i]}: expected a value after it`);
    } else {
      joined.push(`${args[i]}=${args[++i]}`);
    }
  }
  const parsed = parseArgs({ args: joined, options, strict: true, allowPositionals: true });
  if (parsed.positionals.length > 0) {
    throw new Error(
      `${parsed.positionals[0]}: expected a setting such as --preset NAME (--help lists them all)`,
    );
  }
  return parsed as { values: Record<string, string | boolean | string[] | undefined> };
}

/** The known name with the fewest edits, if it is close. */
function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 4;
  for (const name of known) {
    const distance = edits(given, name);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/** Edit distance (Levenshtein 1966). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

const WIDTH = 100;

/** The help of `train`. */
export function trainHelp(): string {
  const lines = [
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
    ...Object.entries(PRESETS).map(([name, { about }]) => `  ${name.padEnd(28)}${about}`),
    '',
    'Run folder:',
    ...entry('--run FOLDER', 'where to write; default runs/<preset>-<number>'),
    ...entry(
      '--resume FOLDER',
      `go on with a run; with it only ${CHANGEABLE.map(flagOf).join(', ')} can change`,
    ),
  ];
  const about = aboutSettings();
  for (const group of GROUPS) {
    lines.push('', `${group}:`);
    for (const [name, { group: its, value, help }] of about) {
      if (its !== group) continue;
      const otherwise = DEFAULTS[name];
      lines.push(
        ...entry(`${flagOf(name)} ${value}`, otherwise === undefined ? help : `${help} [${otherwise}]`),
      );
    }
  }
  return lines.join('\n');
}

/** The help of `generate`. */
export function generateHelp(): string {
  return [
    'Lets a trained model write.',
    '',
    '  npx nx run trainer:generate -- --run runs/NAME --prompt "Once upon a time"',
    '',
    ...entry('--run FOLDER', 'a run folder, as `train` prints it'),
    ...entry('--prompt TEXT', 'what the text starts from; may be given several times [Once upon a time]'),
    ...entry('--max-tokens N', 'how many tokens to write at most [200]'),
    ...entry('--temperature T', 'below 1 safer, above 1 wilder; 0: always the likeliest token [0.8]'),
    ...entry('--top-k N', 'choose among the N likeliest tokens only'),
    ...entry('--top-p P', 'choose among the likeliest tokens that have share P together'),
    ...entry('--seed N', 'same seed, same text; without it another text each time'),
    ...entry('--last', 'the last weights instead of the best ones'),
    ...entry('--no-cache', 'recompute everything for each token: the same text, slower'),
    ...entry('--engine NAME', `${engineNames.join(', ')} [auto]`),
    ...entry('--threads N', 'threads to compute with; without it as many as there are cores'),
  ].join('\n');
}

function entry(left: string, right: string): string[] {
  const indent = 28;
  const lines: string[] = [];
  let line = '';
  for (const word of right.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  const first = `  ${left}`;
  const head =
    first.length < indent ? [first.padEnd(indent) + lines[0]] : [first, ' '.repeat(indent) + lines[0]];
  return [...head, ...lines.slice(1).map((rest) => ' '.repeat(indent) + rest)];
}
