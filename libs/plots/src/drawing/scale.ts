// Axis scales: ranges, round tick values and number formats.

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  label(value: number): string;
}

/** Smallest step of 1, 2, 2.5 or 5 × 10^k that divides `span` into at most `count` intervals. */
function roundStep(span: number, count: number): number {
  const least = span / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= least * (1 - 1e-9))!;
  return factor * power;
}

function multiples(step: number, min: number, max: number): number[] {
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++)
    ticks.push(clean(i * step, step));
  return ticks;
}

/** Rounds off floating-point error: 7 * 0.2 becomes 1.4. */
function clean(multiple: number, step: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  return Number(multiple.toFixed(Math.min(digits, 100))) || 0;
}

/** Linear scale over [min, max] with at most about `count` ticks; `rounded` extends the range to whole ticks. */
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
  const low = rounded ? clean(Math.floor(min / step + 1e-9) * step, step) : min;
  const high = rounded ? clean(Math.ceil(max / step - 1e-9) * step, step) : max;
  const ticks = multiples(step, low, high);
  return { kind: 'linear', min: low, max: high, ticks, label: tickLabels(ticks) };
}

/** Logarithmic scale over [min, max], both above 0. */
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
    within([1]),
    within([1, 3]),
    within([1, 2, 5]),
    within([1, 1.5, 2, 3, 4, 5, 6, 8]),
  ];
  const least = Math.min(4, count);
  return (
    sets.find((ticks) => ticks.length >= least && ticks.length <= count + 2) ??
    (decades > 1.2 ? sets[3] : linearScale(min, max, { count, rounded: false }).ticks.slice())
  );
}

/** Formatter for all ticks of an axis with enough digits to distinguish them: 0.25, 1,500, 20k, 1.5M, 3e-4. */
export function tickLabels(ticks: readonly number[]): (value: number) => string {
  const largest = Math.max(...ticks.map(Math.abs), 0);
  const least = Math.min(...ticks.filter((tick) => tick !== 0).map(Math.abs), Infinity);
  const write =
    largest >= 1e15 || (least < 1e-4 && largest < 1)
      ? exponent
      : largest >= 10_000
        ? compactNumber
        : plainNumber;
  for (let digits = 3; digits < 15; digits++) {
    const label = (value: number) => minus(write(value, digits));
    if (new Set(ticks.map(label)).size === new Set(ticks).size) return label;
  }
  return String;
}

function exponent(value: number, figures = 3): string {
  if (value === 0) return '0';
  const [digits, power] = value.toExponential(figures - 1).split('e');
  return `${Number(digits)}e${Number(power)}`;
}

/** Replaces a leading hyphen by a minus sign. */
function minus(text: string): string {
  return text.replace(/^-/, '−');
}

/** Thousands separators, no trailing zeros: 0.0025, 1,500. */
function plainNumber(value: number, decimals = 4): string {
  return value.toLocaleString('en', { maximumFractionDigits: decimals });
}

/** Three significant digits with k, M, B or T: 950, 12.5k, 1.05M. */
export function compactNumber(value: number, figures = 3): string {
  for (const [unit, letter] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    // 999,999 becomes 1M, not 1000k.
    if (Math.abs(value) >= unit * (1 - 0.5 * 10 ** -figures)) {
      return minus(`${Number((value / unit).toPrecision(figures))}${letter}`);
    }
  }
  return minus(plainNumber(Number(value.toPrecision(figures))));
}

/**
 * Formatter for a set of values: the same number of decimals for all, so that the largest has `figures` significant digits,
 * without common trailing zeros; at most `decimals`. 1,234,567 becomes 1.23M, 0.00001 becomes 1e-5.
 */
export function valueLabels(
  values: readonly number[],
  { figures = 4, decimals: most }: { figures?: number; decimals?: number } = {},
): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let decimals =
    largest === 0 ? 0 : Math.min(Math.max(figures - 1 - Math.floor(Math.log10(largest)), 0), most ?? 6);
  while (decimals > 0 && finite.every((value) => value.toFixed(decimals).endsWith('0'))) decimals--;
  return (value) => {
    if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'missing';
    if (Math.abs(value) >= 1e6) return compactNumber(value);
    if (most === undefined && value !== 0 && Number(value.toFixed(decimals)) === 0)
      return minus(exponent(value));
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return minus(value.toLocaleString('en', digits));
  };
}
