// Where an axis puts its ticks and how it writes numbers. Ticks are round and lie inside the range; an axis of
// logarithms gets enough of them also where it spans less than a decade, as perplexities do.

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  label(value: number): string;
}

/** The step among 1, 2, 2.5, 5 × 10^k that cuts `span` into no more than `count` pieces. */
function roundStep(span: number, count: number): number {
  const least = span / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= least * (1 - 1e-9))!;
  return factor * power;
}

function multiples(step: number, min: number, max: number): number[] {
  const ticks: number[] = [];
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    ticks.push(Number((i * step).toFixed(Math.min(digits, 100))) || 0);
  }
  return ticks;
}

/**
 * A linear scale over [min, max] with about `count` ticks at most.
 * `rounded` widens the range to whole ticks; without it the range stays as it is.
 */
export function linearScale(
  min: number,
  max: number,
  { count = 6, rounded = true, whole = false } = {},
): Scale {
  if (min === max) {
    const margin = Math.abs(min) * 0.1 || 1;
    return linearScale(min - margin, max + margin, { count, rounded, whole });
  }
  const step = Math.max(roundStep(max - min, count), whole ? 1 : 0);
  const low = rounded ? Math.floor(min / step + 1e-9) * step : min;
  const high = rounded ? Math.ceil(max / step - 1e-9) * step : max;
  const ticks = multiples(step, low, high);
  return { kind: 'linear', min: low, max: high, ticks, label: tickLabels(ticks) };
}

/** A logarithmic scale over [min, max], both above 0. */
export function logScale(min: number, max: number, { count = 7, margin = 0.03 } = {}): Scale {
  const low = min === max ? min / 1.5 : min * (min / max) ** margin;
  const high = min === max ? max * 1.5 : max * (max / min) ** margin;
  const ticks = logTicks(low, high, count);
  return { kind: 'log', min: low, max: high, ticks, label: tickLabels(ticks) };
}

function logTicks(min: number, max: number, count: number): number[] {
  const decades = Math.log10(max / min);
  const within = (factors: readonly number[], every = 1) => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
      if (power % every !== 0) continue;
      for (const factor of factors) {
        const tick = Number(`${factor}e${power}`);
        if (tick >= min && tick <= max) ticks.push(tick);
      }
    }
    return ticks;
  };
  const sets = [
    within([1], Math.max(1, Math.ceil(decades / count))),
    within([1, 3]),
    within([1, 2, 5]),
    within([1, 1.5, 2, 3, 4, 5, 6, 8]),
  ];
  const least = Math.min(4, count);
  return (
    sets.find((ticks) => ticks.length >= least && ticks.length <= count + 2) ??
    (decades > 1.2 ? sets[2] : linearScale(min, max, { count, rounded: false }).ticks.slice())
  );
}

/** One way of writing for all ticks of an axis: 0.25, 1,500, 20k, 1.5M, 3e-4. */
export function tickLabels(ticks: readonly number[]): (value: number) => string {
  const largest = Math.max(...ticks.map(Math.abs));
  const positive = ticks.filter((tick) => tick !== 0).map(Math.abs);
  const least = Math.min(...positive, Infinity);
  if (positive.length > 0 && least < 1e-4 && largest < 1) return (value) => exponent(value);
  if (largest >= 1e15) return (value) => exponent(value);
  if (largest >= 10_000) return compactNumber;
  return (value) => plainNumber(value);
}

function exponent(value: number): string {
  if (value === 0) return '0';
  const [digits, power] = value.toExponential(2).split('e');
  return `${Number(digits)}e${Number(power)}`;
}

/** At most four decimals, thousands separated: 0.0025, 1,500. */
function plainNumber(value: number): string {
  return Number(value.toFixed(4)).toLocaleString('en', { maximumFractionDigits: 4 }).replace('-', '−');
}

/** A number in three or four figures with k, M, B or T: 950, 12.5k, 1.05M. */
export function compactNumber(value: number): string {
  const size = Math.abs(value);
  for (const [unit, letter] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    // 999,999 is 1M, not 1000k.
    if (size >= unit * 0.9995) return `${Number((value / unit).toPrecision(3))}${letter}`.replace('-', '−');
  }
  return plainNumber(Number(value.toPrecision(4)));
}

/** A value beside its bar or point: four figures, thousands separated; very small ones with an exponent. */
export function valueLabel(value: number): string {
  if (value === Infinity) return '∞';
  if (value === -Infinity) return '−∞';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return exponent(Number(value.toPrecision(3))).replace('-', '−');
  if (size >= 1e6) return compactNumber(value);
  const decimals = size >= 100 ? (size >= 1000 ? 0 : 1) : size >= 10 ? 2 : 3;
  return value
    .toLocaleString('en', {
      maximumFractionDigits: decimals,
      minimumFractionDigits: Number.isInteger(value) ? 0 : decimals,
    })
    .replace('-', '−');
}
