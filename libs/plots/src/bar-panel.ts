// Panels of bars, laid out: how high a row is, where the value axis ends so that the numbers beside the bars fit,
// which labels turn or stay away. bars.ts and the figures of tokens, gates and filters put them together.
import { GROUP_GAP, placeOn, type Box, type Panel } from './chart.js';
import { linearScale, type Scale } from './scale.js';
import { line, MUTED, textAt } from './svg.js';
import { shorten, textWidth } from './text.js';

export interface BarValues {
  /** One a label; NaN is missing. */
  readonly values: readonly number[];
  readonly color: string | readonly string[];
}

export interface BarPanelOptions {
  readonly labels: readonly string[];
  readonly series: readonly BarValues[];
  /** How a value is written beside its bar; NaN and the infinities too, which have no bar. */
  readonly format: (value: number) => string;
  /** How the axis writes its ticks, where not as plain numbers. */
  readonly tickFormat?: (value: number) => string;
  readonly valueName?: string;
  readonly labelName?: string;
  readonly title?: string;
  /** The least range of the value axis. */
  readonly least?: readonly [low: number, high: number];
  /** No tick lies beyond; a probability ends at 1, whatever room the texts need. */
  readonly limit?: number;
}

/** A panel, what it needs drawn beside it, and where it ends. */
export interface LaidOut {
  readonly panel: Panel;
  readonly elements: readonly string[];
  readonly bottom: number;
}

const VALUE_SIZE = 11.5;
const LABEL_SIZE = 12;

/** Width of the column of names before lying bars. */
export function nameColumn(labels: readonly string[], width: number): number {
  return Math.min(Math.max(...labels.map((label) => textWidth(label, LABEL_SIZE))), width * 0.38) + 10;
}

/** Bars from left to right, a row a label. `column` is the room for the names, 0 to leave them away. */
export function lyingBars(
  area: { left: number; top: number; width: number; column: number },
  options: BarPanelOptions,
): LaidOut {
  const { labels, series, format, valueName } = options;
  const rows = series.length === 1 ? 24 : 17 * series.length + 8;
  const { column } = area;
  const box: Box = {
    left: area.left + column,
    top: area.top,
    width: area.width - column - 8,
    height: rows * labels.length,
  };
  const { scale, texts } = valueScale(
    options,
    { length: box.width, tick: 70 },
    (text) => textWidth(text, VALUE_SIZE) + 8,
  );
  const panel: Panel = {
    box,
    x: scale,
    y: {
      kind: 'categories',
      labels: labels.map((label) => (column === 0 ? '' : shorten(label, column - 10, LABEL_SIZE))),
    },
    xName: valueName,
    title: options.title,
    series: series.map(({ values, color }, i) => ({
      kind: 'bars',
      values: values.map(finite),
      color,
      labels: texts[i],
      labelSize: VALUE_SIZE,
    })),
  };
  const zero = box.left + placeOn(scale, 0, box.width);
  const elements = series.flatMap(({ values }, i) =>
    values.flatMap((value, row) => {
      if (Number.isFinite(value)) return [];
      const y = box.top + slotMiddle(row, i, series.length, rows);
      return [textAt(zero + 6, y, format(value), { size: VALUE_SIZE, color: MUTED })];
    }),
  );
  if (scale.min < 0) elements.push(line(zero, box.top, zero, box.top + box.height, MUTED));
  return { panel, elements, bottom: box.top + box.height + (valueName ? 50 : 30) };
}

/** Bars upwards, a column a label; labels turn when they are wider than a column, and are thinned when that is narrow. */
export function standingBars(
  area: { left: number; top: number; width: number; height: number },
  options: BarPanelOptions,
): LaidOut {
  const { labels, series, format, valueName, labelName } = options;
  const gap = valueName ? 64 : 44;
  const left = area.left + gap;
  const width = area.width - gap - 8;
  const band = width / labels.length;
  const widest = Math.max(...labels.map((label) => textWidth(label, LABEL_SIZE)));
  const turned = widest > band - 4;
  const every = turned ? Math.ceil(14 / band) : 1;
  const shown = labels.map((label) => (turned ? shorten(label, 130, LABEL_SIZE) : label));
  const box: Box = { left, top: area.top, width, height: area.height };
  const slot = (band * (1 - GROUP_GAP)) / series.length;
  const texts = series.map(({ values }) =>
    values.map((value) => (Number.isFinite(value) ? format(value) : '')),
  );
  // A lone series may use the gaps between its bars as well.
  const room = series.length === 1 ? band : slot;
  const size = [VALUE_SIZE, 10, 9].find((each) =>
    texts.flat().every((text) => textWidth(text, each) <= room - 4),
  );
  const { scale } = valueScale(options, { length: box.height, tick: 45 }, () =>
    size === undefined ? 4 : size + 8,
  );
  const panel: Panel = {
    box,
    x: { kind: 'categories', labels: shown, every, rotate: turned ? 90 : 0 },
    y: scale,
    yName: valueName,
    yNameGap: 50,
    title: options.title,
    series: series.map(({ values, color }, i) => ({
      kind: 'bars',
      values: values.map(finite),
      color,
      ...(size === undefined ? {} : { labels: texts[i], labelSize: size }),
    })),
  };
  const zero = box.top + box.height - placeOn(scale, 0, box.height);
  const elements = series.flatMap(({ values }, i) =>
    values.flatMap((value, column) => {
      if (Number.isFinite(value)) return [];
      const x = box.left + slotMiddle(column, i, series.length, band);
      return [textAt(x, zero - 8, format(value), { size: 10, anchor: 'start', color: MUTED, rotate: -90 })];
    }),
  );
  if (scale.min < 0) elements.push(line(box.left, zero, box.left + box.width, zero, MUTED));
  const deep = turned ? Math.max(...shown.map((label) => textWidth(label, LABEL_SIZE))) : LABEL_SIZE;
  let bottom = box.top + box.height + deep + 16;
  if (labelName) {
    bottom += 20;
    elements.push(
      textAt(box.left + box.width / 2, bottom - 10, labelName, {
        size: 12.5,
        anchor: 'middle',
        color: MUTED,
      }),
    );
  }
  return { panel, elements, bottom: bottom + 6 };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Middle of bar `bar` of `bars` within group number `group`, from the axis's start. */
function slotMiddle(group: number, bar: number, bars: number, band: number): number {
  return band * (group + GROUP_GAP / 2 + ((1 - GROUP_GAP) * (bar + 0.5)) / bars);
}

/** A value axis from or around 0 on which each bar leaves room for its text, `room(text)` units long. */
function valueScale(
  { series, format, tickFormat, least = [0, 0], limit = Infinity }: BarPanelOptions,
  { length, tick }: { length: number; tick: number },
  room: (text: string) => number,
): { scale: Scale; texts: string[][] } {
  const texts = series.map(({ values }) =>
    values.map((value) => (Number.isFinite(value) ? format(value) : '')),
  );
  const ends = series.flatMap(({ values }, i) =>
    values.flatMap((value, k) => (Number.isFinite(value) ? [{ value, text: room(texts[i][k]) }] : [])),
  );
  let low = Math.min(least[0], ...ends.map(({ value }) => value));
  let high = Math.max(least[1], ...ends.map(({ value }) => value));
  if (low === high) high = low + 1;
  const [lowest, highest] = [low, high];
  // The room that texts need, in values, grows with the range that it widens: a few rounds settle it.
  for (let round = 0; round < 8; round++) {
    const unit = (high - low) / length;
    high = Math.max(
      highest,
      ...ends.filter(({ value }) => value >= 0).map(({ value, text }) => value + text * unit),
    );
    low = Math.min(
      lowest,
      ...ends.filter(({ value }) => value < 0).map(({ value, text }) => value - text * unit),
    );
  }
  const scale = linearScale(low, high, {
    count: Math.max(2, Math.min(7, Math.floor(length / tick))),
    rounded: false,
  });
  const ticks = scale.ticks.filter((each) => each <= limit);
  return { scale: { ...scale, ticks, label: tickFormat ?? scale.label }, texts };
}
