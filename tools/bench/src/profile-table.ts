// A profile as a table: where the time went, how fast each kernel was, and what has the most to gain.
import { outside, total, type Profile, type ProfileRow } from './profile.js';
import { digits, percent, table } from './table.js';

/** Rows below this share of the step are summed up in one. */
const SMALLEST_SHARE = 0.003;

/** Rows longer than this tell how fast a product, or memory, can be; shorter ones are within the clock's noise. */
const LONG_ENOUGH_MS = 0.5;

/** The rows of a profile from the longest to the shortest, and a line on what to do about it. */
export function profileTable(profile: Profile): string {
  const whole = total(profile);
  const javascript = [...profile.phases.keys()].map((phase) => ({
    phase,
    operation: 'JavaScript',
    sizes: '',
    calls: undefined,
    ms: outside(profile, phase),
    flops: 0,
    bytes: 0,
  }));
  const rows: Row[] = [...profile.rows, ...javascript].sort((a, b) => b.ms - a.ms);
  const shown = rows.filter(({ ms }) => ms >= whole * SMALLEST_SHARE);
  const hidden = rows.slice(shown.length);
  const sum = (some: readonly Row[], what: (row: Row) => number): number =>
    some.reduce((sum, row) => sum + what(row), 0);
  const lines = shown.map(({ operation, sizes, phase, calls, ms, flops, bytes }) => [
    operation,
    sizes,
    phase,
    calls?.toString() ?? '',
    digits(ms),
    `${((ms / whole) * 100).toFixed(1)} %`,
    flops > 0 ? digits(flops / ms / 1e6) : '',
    bytes > 0 ? digits(bytes / ms / 1e6) : '',
  ]);
  const rest = [
    `${hidden.length} smaller rows`,
    '',
    '',
    String(sum(hidden, ({ calls }) => calls ?? 0)),
    digits(sum(hidden, ({ ms }) => ms)),
    ...['', '', ''],
  ];
  const head = ['operation', 'sizes', 'phase', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s'];
  const inJavaScript = sum(javascript, ({ ms }) => ms);
  return (
    `${table(head, [...lines, rest])}\n\n` +
    `Outside of kernels: ${percent(inJavaScript / whole)}. Most to gain: ${mostToGain(rows)}.`
  );
}

type Row = Omit<ProfileRow, 'calls'> & { calls: number | undefined };

/**
 * The operation, all phases and sizes together, with the most to gain: the time it takes beyond what its products
 * would take at the rate of the fastest product of this profile, and its arrays at that of the fastest pass.
 */
function mostToGain(rows: readonly Row[]): string {
  const fastest = (amount: 'flops' | 'bytes'): number =>
    Math.max(...rows.map((row) => (row.ms < LONG_ENOUGH_MS ? 0 : row[amount] / row.ms)), Number.MIN_VALUE);
  const rates = { flops: fastest('flops'), bytes: fastest('bytes') };
  const gains = new Map<string, number>();
  for (const { operation, ms, flops, bytes } of rows) {
    const least = Math.max(flops / rates.flops, bytes / rates.bytes);
    gains.set(operation, (gains.get(operation) ?? 0) + Math.max(0, ms - least));
  }
  const [operation, gain] = [...gains].sort((a, b) => b[1] - a[1])[0];
  return `${operation}, ${digits(gain)} ms more than at the fastest rates in this table`;
}
