// Results of the comparison with PyTorch training: what is stored, and the table.
import { table } from './table.js';

/** One preset and seed, trained by both. */
export interface Agreement {
  readonly preset: string;
  readonly seed: number;
  readonly steps: number;
  /** Of the preset's settings. */
  readonly digest: string;
  readonly parameters: number;
  readonly ours: Side;
  readonly pytorch: Side;
  /** PyTorch in float64, which shows what rounding alone changes. */
  readonly float64?: Side;
  /** Largest relative difference of the training losses of the first 20 steps. */
  readonly start: number;
  /** First step whose training losses differ by 1 %; null without one. */
  readonly parted: number | null;
  readonly validation: string;
  readonly threads: number;
  readonly engine: string;
  readonly torch: string;
  readonly node: string;
  readonly processor: string;
  readonly commit?: string;
  readonly date: string;
}

export interface Side {
  /** Validation loss after the last step, in nats per token. */
  readonly loss: number;
  /** Steps made: fewer than asked for with early stopping. */
  readonly steps: number;
  readonly seconds: number;
}

export interface AgreementResults {
  readonly results: readonly Agreement[];
}

/** The difference that counts as agreement. */
const LIMIT = 0.01;
const FIRST_STEPS = 20;

/** Comparison of the training losses of each step. */
export function compareLosses(
  ours: readonly number[],
  theirs: readonly number[],
): Pick<Agreement, 'start' | 'parted'> {
  const differences = ours.slice(0, theirs.length).map((loss, i) => relative(loss, theirs[i]));
  const parted = differences.findIndex((difference) => difference > LIMIT);
  return {
    start: Math.max(...differences.slice(0, FIRST_STEPS)),
    parted: parted === -1 ? null : parted + 1,
  };
}

/** Puts a result in the place of an earlier one of the same preset, seed and number of steps. */
export function withResult(results: readonly Agreement[], result: Agreement): Agreement[] {
  return [...results.filter((other) => !isSame(other, result)), result];
}

function isSame(
  a: Pick<Agreement, 'preset' | 'seed' | 'steps'>,
  b: Pick<Agreement, 'preset' | 'seed' | 'steps'>,
): boolean {
  return a.preset === b.preset && a.seed === b.seed && a.steps === b.steps;
}

/** The finished result of a task, unless the settings of the preset have changed since. */
export function finished(
  results: readonly Agreement[],
  task: Pick<Agreement, 'preset' | 'seed' | 'steps' | 'digest'>,
): Agreement | undefined {
  return results.find((result) => isSame(result, task) && result.digest === task.digest);
}

/**
 * The table of all presets, and which of them are above 1 % or not measured.
 * @param presets names and digests of all presets, in the order of the table
 */
export function agreementMarkdown(
  { results }: AgreementResults,
  presets: ReadonlyMap<string, string>,
  seeds = 3,
): string {
  const rows = [...presets].map(([name, digest]) => ({
    name,
    measured: mostSeeds(results.filter((one) => one.preset === name && one.digest === digest)),
  }));
  const lines = rows.flatMap(({ name, measured }) => {
    if (measured.length === 0) return [];
    const middle = median(measured);
    const { parameters, steps, ours, pytorch, float64 } = middle;
    const parted = measured.flatMap((one) => (one.parted === null ? [] : [one.parted]));
    return [
      [
        name,
        parameters.toLocaleString('en'),
        steps.toLocaleString('en'),
        String(measured.length),
        ours.loss.toFixed(4),
        pytorch.loss.toFixed(4),
        percent(ours.loss / pytorch.loss - 1),
        percent(Math.max(...measured.map(difference))),
        float64 ? percent(float64.loss / pytorch.loss - 1) : undefined,
        Math.max(...measured.map(({ start }) => start)).toExponential(0),
        parted.length === 0 ? undefined : Math.min(...parted).toLocaleString('en'),
      ],
    ];
  });
  const list = (chosen: typeof rows): string => chosen.map(({ name }) => name).join(', ');
  const some = rows.filter(({ measured }) => measured.length > 0);
  const above = some.filter(({ measured }) => difference(median(measured)) > LIMIT);
  const few = some.filter(({ measured }) => measured.length < seeds);
  const missing = rows.filter(({ measured }) => measured.length === 0);
  return [
    '# The same training in PyTorch',
    'Each preset, trained by lilformer and by PyTorch in float32 from the same initial weights, with the same windows, dropout ' +
      'masks and settings: the validation loss after the last step, on the same windows (nats per token). The row is the seed with the ' +
      'median difference.',
    table(HEAD, lines),
    '“Largest” is that of all seeds. “Float64” is PyTorch in float64 against PyTorch in float32. “First 20 steps” is the largest ' +
      'difference of a training loss, “1 % at step” the first step whose training losses differ by 1 %.',
    ...(some.length === 0
      ? []
      : [
          above.length === 0
            ? `Of the ${some.length} presets measured, none differs by more than 1 % (median).`
            : `Above 1 % (median): ${list(above)}.`,
        ]),
    ...(few.length === 0 ? [] : [`Fewer than ${seeds} seeds: ${list(few)}.`]),
    ...(missing.length === 0 ? [] : [`Not measured: ${list(missing)}.`]),
    conditions(some.flatMap(({ measured }) => measured)),
    '    npx nx run bench:agreement -- --python FILE',
  ].join('\n\n');
}

const HEAD = [
  ...['preset', 'parameters', 'steps', 'seeds', 'lilformer', 'PyTorch', 'difference', 'largest', 'float64'],
  ...['first 20 steps', '1 % at step'],
];

/** The results of one number of steps: that with most seeds, then with most steps. */
function mostSeeds(results: readonly Agreement[]): Agreement[] {
  const counts = [...new Set(results.map(({ steps }) => steps))];
  const groups = counts.map((count) => results.filter(({ steps }) => steps === count));
  return groups.sort((a, b) => b.length - a.length || b[0].steps - a[0].steps)[0] ?? [];
}

/** The result with the median difference; of two the larger. */
function median(results: readonly Agreement[]): Agreement {
  return results.toSorted((a, b) => difference(a) - difference(b))[Math.floor(results.length / 2)];
}

function difference({ ours, pytorch }: Agreement): number {
  return relative(ours.loss, pytorch.loss);
}

function relative(value: number, reference: number): number {
  return Math.abs(value / reference - 1);
}

/** `−0.012 %`: two significant digits below 1 %, at most four places. */
function percent(value: number): string {
  const share = Math.abs(100 * value);
  const places = share >= 1 || share === 0 ? 1 : Math.min(4, 1 - Math.floor(Math.log10(share)));
  return `${value < 0 ? '−' : ''}${share.toFixed(places)} %`;
}

function conditions(results: readonly Agreement[]): string {
  const all = (of: (one: Agreement) => string): string => [...new Set(results.map(of))].sort().join(', ');
  return (
    `lilformer: ${all(({ engine }) => engine)}, Node ${all(({ node }) => node)}, commit ${all(({ commit }) => commit ?? '?')}. ` +
    `PyTorch ${all(({ torch }) => torch)}. ${all(({ processor }) => processor)}; ${all(({ date }) => date)}.`
  );
}
