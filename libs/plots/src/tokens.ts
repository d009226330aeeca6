// Tokens as bars: how often each occurs, how probable each is next, and what sampling filters leave of that.
import { lyingBars, nameColumn, standingBars, type LaidOut } from './bar-panel.js';
import { drawPanels } from './chart.js';
import { needSameLength, needSome, type Numbers } from './check.js';
import { CATEGORICAL, style } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import { compactNumber } from './scale.js';
import { visibleToken } from './text.js';

export interface TokenFrequenciesOptions extends FigureOptions {
  /** As the tokenizer gives them, in the order to be drawn; whitespace is made visible here. */
  readonly tokens: readonly string[];
  /** How often each occurs. */
  readonly counts: Numbers;
}

/**
 * The commonest tokens and how often each occurs.
 *
 * @throws RangeError without tokens, and for counts that are not whole numbers of at least 0.
 */
export function tokenFrequencies(options: TokenFrequenciesOptions): Figure {
  const { tokens, counts } = options;
  needSome('tokens', tokens, 'token');
  needSameLength('counts', counts, 'tokens', tokens.length);
  const values = Array.from(counts);
  for (const [i, value] of values.entries()) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`counts[${i}] is ${value}: expected a whole number of at least 0`);
    }
  }
  const frame = openFrame(options, `The ${tokens.length} most common tokens`);
  const { panel, elements, bottom } = standingBars(
    { left: MARGIN, top: frame.top, width: frame.width - 2 * MARGIN, height: 280 },
    {
      labels: tokens.map(visibleToken),
      series: [{ values, color: CATEGORICAL[0] }],
      format: Math.max(...values) < 10_000 ? (value) => value.toLocaleString('en') : compactNumber,
      valueName: 'occurrences',
      labelName: 'token',
    },
  );
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

export interface NextTokensOptions extends FigureOptions {
  /** The likeliest next tokens, likeliest first. */
  readonly tokens: readonly string[];
  /** Their probabilities, 0 … 1. */
  readonly probabilities: Numbers;
  /** The token that the text goes on with; its bar, if it has one, is set off. */
  readonly actual?: string;
}

/**
 * Probabilities of the next token as bars.
 *
 * @throws RangeError without tokens, and for probabilities that are not from 0 to 1.
 */
export function nextTokens(options: NextTokensOptions): Figure {
  const { tokens, probabilities, actual } = options;
  needSome('tokens', tokens, 'token');
  const values = checkProbabilities('probabilities', probabilities, tokens);
  const [predicted, other] = [style(0).color, style(1).color];
  const frame = openFrame(
    options,
    'Next token',
    actual === undefined
      ? []
      : [
          { name: 'predicted', color: predicted, shape: 'box' },
          {
            name: `actual: ${visibleToken(actual)}${tokens.includes(actual) ? '' : ' (not among these)'}`,
            color: other,
            shape: 'box',
          },
        ],
  );
  const labels = tokens.map(visibleToken);
  const inner = frame.width - 2 * MARGIN;
  const { panel, elements, bottom } = lyingBars(
    { left: MARGIN, top: frame.top, width: inner, column: nameColumn(labels, inner) },
    {
      labels,
      series: [{ values, color: tokens.map((token) => (token === actual ? other : predicted)) }],
      format: percent,
      tickFormat: percentTick,
      limit: 1,
      valueName: 'probability',
    },
  );
  return frame.finish(bottom, [drawPanels({ width: frame.width, height: bottom }, [panel]), ...elements]);
}

export interface SamplingFiltersOptions extends FigureOptions {
  /** The likeliest next tokens before any filter, likeliest first. */
  readonly tokens: readonly string[];
  /** What the model gave, then what each filter made of it, in order. */
  readonly stages: readonly {
    /** "model", "temperature 0.8", "top-k 5" */
    readonly name: string;
    /** One a token; 0 is a token that the filter took out. */
    readonly probabilities: Numbers;
  }[];
}

/**
 * A distribution before and after each sampling filter, side by side on the same axis: what is taken out, and where
 * its probability goes.
 *
 * @throws RangeError without tokens or stages, and for probabilities that are not from 0 to 1.
 */
export function samplingFilters(options: SamplingFiltersOptions): Figure {
  const { tokens, stages } = options;
  needSome('tokens', tokens, 'token');
  needSome('stages', stages, 'stage');
  const values = stages.map(({ probabilities }, i) =>
    checkProbabilities(`stages[${i}].probabilities`, probabilities, tokens),
  );
  const most = Math.max(...values.flat());
  const frame = openFrame(options, 'What the sampling filters leave');
  const labels = tokens.map(visibleToken);
  const inner = frame.width - 2 * MARGIN;
  const column = nameColumn(labels, inner * 0.5);
  // At most four beside each other; their axes end alike.
  const columns = Math.min(stages.length, 4);
  const width = (inner - column) / columns;
  const laidOut: LaidOut[] = [];
  let top = frame.top;
  for (const [i, { name }] of stages.entries()) {
    const place = i % columns;
    if (i > 0 && place === 0) top = laidOut[i - 1].bottom + 4;
    laidOut.push(
      lyingBars(
        {
          left: MARGIN + (place === 0 ? 0 : column + place * width),
          top: top + 22,
          width: width + (place === 0 ? column : 0) - 6,
          column: place === 0 ? column : 0,
        },
        {
          labels,
          series: [{ values: values[i], color: style(i === 0 ? 6 : 0).color }],
          format: (value) => (value === 0 ? 'out' : percent(value)),
          tickFormat: percentTick,
          limit: 1,
          title: name,
          least: [0, most / (1 - WIDEST_PERCENT / (width - 14))],
        },
      ),
    );
  }
  const bottom = laidOut.at(-1)!.bottom;
  return frame.finish(bottom, [
    drawPanels(
      { width: frame.width, height: bottom },
      laidOut.map(({ panel }) => panel),
    ),
    ...laidOut.flatMap(({ elements }) => elements),
  ]);
}

function checkProbabilities(what: string, probabilities: Numbers, tokens: readonly string[]): number[] {
  needSameLength(what, probabilities, 'tokens', tokens.length);
  const values = Array.from(probabilities);
  for (const [i, value] of values.entries()) {
    if (!(value >= 0 && value <= 1 + 1e-6)) {
      throw new RangeError(`${what}[${i}] is ${value}: expected a probability from 0 to 1`);
    }
  }
  return values;
}

/** "100.0 %" at the size of a bar's value, and the space before it. */
const WIDEST_PERCENT = 58;

/** 12.3 %, 0.04 %. */
function percent(value: number): string {
  const hundredths = value * 100;
  if (hundredths > 0 && hundredths < 0.005) return '< 0.01 %';
  return `${hundredths.toFixed(hundredths < 0.095 && hundredths > 0 ? 2 : 1)} %`;
}

function percentTick(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}
