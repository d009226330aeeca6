// Attention weights as heat maps: one head, a layer, all heads, and averages. Rows are queries, columns are keys.
import { requireItems, requireLength, requireOptions } from '../drawing/check.js';
import { sequential } from '../drawing/color.js';
import type { Figure } from '../drawing/figure.js';
import { MARGIN, openFrame, type FigureOptions } from '../drawing/frame.js';
import { MUTED, textAt } from '../drawing/svg.js';
import { shorten, visibleToken, wrapText } from '../drawing/text.js';
import {
  checkMatrix,
  COLOR_BAR,
  colorBar,
  drawHeatPanel,
  LABELED_CELL,
  labelRoom,
  type Colors,
  type Matrix,
} from '../charts/heat-panel.js';

export interface AttentionOptions extends FigureOptions {
  /** Query tokens as the tokenizer returns them; whitespace is made visible. */
  readonly tokens: readonly string[];
  /** Key tokens of cross-attention; default `tokens`. */
  readonly keys?: readonly string[];
  /**
   * Weight with the darkest color; larger weights are clamped. Default: the largest weight, without the first query
   * (whose only weight is 1), rounded up to 0.1, 0.2, 0.5 or 1.
   */
  readonly max?: number;
}

export interface AttentionHeadOptions extends AttentionOptions {
  /** [queries][keys]; NaN is a gap. */
  readonly weights: Matrix;
}

export interface AttentionLayerOptions extends AttentionOptions {
  /** [heads][queries][keys] */
  readonly heads: readonly Matrix[];
  /** Panel titles; default "head 0", "head 1", ... */
  readonly names?: readonly string[];
}

export interface AttentionModelOptions extends AttentionOptions {
  /** [layers][heads][queries][keys] */
  readonly layers: readonly (readonly Matrix[])[];
}

export interface AttentionAveragesOptions extends AttentionModelOptions {
  /** Panel titles; default "layer 0", "layer 1", ... */
  readonly names?: readonly string[];
}

/**
 * Weights of one head, or any other [queries][keys] matrix such as an average.
 *
 * @throws RangeError without tokens, for weights of another shape than [tokens][keys], and for infinite weights
 */
export function attentionHead(options: AttentionHeadOptions): Figure {
  requireOptions(options, ['tokens', 'keys', 'max', 'weights']);
  return panelGrid(options, 'Attention', [options.weights], [''], 'weights');
}

/**
 * The heads of a layer side by side, in the same colors.
 *
 * @throws RangeError as {@link attentionHead} does, and for different numbers of names and heads
 */
export function attentionLayer(options: AttentionLayerOptions): Figure {
  requireOptions(options, ['tokens', 'keys', 'max', 'heads', 'names']);
  const { heads, names = heads.map((_, i) => `head ${i}`) } = options;
  requireItems('heads', heads, 'head');
  requireLength('names', names, heads.length, 'heads');
  return panelGrid(options, 'Attention of the heads of a layer', heads, names, 'heads');
}

/**
 * The average over the heads of each layer, then the average over all layers.
 *
 * @throws RangeError as {@link attentionHead} does
 */
export function attentionAverages(options: AttentionAveragesOptions): Figure {
  requireOptions(options, ['tokens', 'keys', 'max', 'layers', 'names']);
  const { layers, tokens, keys = tokens, names = layers.map((_, i) => `layer ${i}`) } = options;
  checkLayers(layers, tokens, keys);
  requireLength('names', names, layers.length, 'layers');
  const averages = layers.map((heads) => average(heads, tokens.length, keys.length));
  const all = layers.length > 1;
  if (all) averages.push(average(averages, tokens.length, keys.length));
  const shown = all ? [...names, 'all layers'] : names;
  return panelGrid(options, 'Attention, averaged over heads', averages, shown, 'averages');
}

/**
 * Small panels of all heads, one row per layer, without token labels.
 *
 * @throws RangeError as {@link attentionHead} does
 */
export function attentionModel(options: AttentionModelOptions): Figure {
  requireOptions(options, ['tokens', 'keys', 'max', 'layers']);
  const { layers, tokens, keys = tokens } = options;
  checkLayers(layers, tokens, keys);
  const frame = openFrame(options, 'Attention of all heads');
  const columns = Math.max(...layers.map((heads) => heads.length));
  const left = MARGIN + 26;
  const gap = 8;
  const room = Math.floor((frame.width - left - MARGIN - COLOR_BAR - 16) / columns) - gap;
  // With more queries than keys, panels get narrower instead of much taller.
  const size = snap(Math.min(room, 150) * Math.min(1, (1.5 * keys.length) / tokens.length), keys.length);
  const tall = (size * tokens.length) / keys.length;
  if (size < 8)
    throw new RangeError(`width: ${frame.width}. Expected more for ${columns} heads. Increase width.`);
  const { colors, beyond } = colorsOf(layers.flat(), options.max);
  const top = frame.top + 20;
  const elements: string[] = [];
  for (const [l, heads] of layers.entries()) {
    const y = top + l * (tall + gap);
    const name = shorten(`layer ${l}`, tall + gap, 12);
    elements.push(
      textAt(MARGIN + 10, y + tall / 2, name, { size: 12, anchor: 'middle', color: MUTED, rotate: -90 }),
    );
    for (const [h, values] of heads.entries()) {
      const x = left + h * (size + gap);
      if (l === 0) {
        const name = size > 50 ? `head ${h}` : String(h);
        elements.push(textAt(x + size / 2, top - 11, name, { size: 12, anchor: 'middle', color: MUTED }));
      }
      const triangle = options.keys === undefined && isCausal(values);
      elements.push(
        ...drawHeatPanel({ left: x, top: y, width: size, height: tall, values, colors, triangle }),
      );
    }
  }
  const height = layers.length * (tall + gap) - gap;
  const bar = { left: left + columns * (size + gap) + 8, top, height: Math.min(height, 320) };
  elements.push(...colorBar(bar, colors, { name: 'attention weight', beyond }));
  const notes =
    options.keys === undefined
      ? [`queries down, keys across: ${textOf(tokens)}`]
      : [`queries down: ${textOf(tokens)}`, `keys across: ${textOf(keys)}`];
  const lines = notes.flatMap((note) => wrapText(note, frame.width - 2 * MARGIN, 11.5));
  for (const [line, text] of lines.entries()) {
    elements.push(textAt(MARGIN, top + height + 16 + 17 * line, text, { size: 11.5, color: MUTED }));
  }
  return frame.finish(top + height + 17 + 17 * lines.length, elements);
}

/** Tokens in one line. */
function textOf(tokens: readonly string[]): string {
  return tokens.map(visibleToken).join(' ');
}

function checkLayers(
  layers: readonly (readonly Matrix[])[],
  tokens: readonly string[],
  keys: readonly string[],
): void {
  requireItems('tokens', tokens, 'token');
  requireItems('keys', keys, 'token');
  requireItems('layers', layers, 'layer');
  for (const [l, heads] of layers.entries()) {
    requireItems(`layers[${l}]`, heads, 'head');
    for (const [h, head] of heads.entries()) {
      checkMatrix(`layers[${l}][${h}]`, head, tokens.length, keys.length);
    }
  }
}

/** Maps of at most so many tokens have a label for each. */
const MOST_LABELED = 64;

/** Largest height of a panel with more queries than keys. */
const TALLEST = 560;

/** Panels of equal size with token labels at the left and bottom edges of the grid. */
function panelGrid(
  options: AttentionOptions,
  defaultTitle: string,
  panels: readonly Matrix[],
  names: readonly string[],
  setting: string,
): Figure {
  const { tokens, keys = tokens } = options;
  requireItems('tokens', tokens, 'token');
  requireItems('keys', keys, 'token');
  for (const [i, values] of panels.entries()) {
    checkMatrix(panels.length > 1 ? `${setting}[${i}]` : setting, values, tokens.length, keys.length);
  }
  const frame = openFrame(options, defaultTitle);
  const [labels, keyLabels] = [tokens, keys].map((each) => each.map(visibleToken));
  const gap = 16;
  const nameHeight = names.some((name) => name !== '') ? 22 : 0;
  const inner = frame.width - 2 * MARGIN - COLOR_BAR - 20;
  // Up to 64 tokens are all labeled: fewer columns give them room.
  let columns = panels.length <= 4 ? panels.length : panels.length <= 6 ? 3 : 4;
  const labeled = Math.max(tokens.length, keys.length) <= MOST_LABELED;
  const besides = labeled ? labelRoom(labels, LABELED_CELL).beside : 0;
  const widest = (of: number) => (inner - besides - 20 - gap * (of - 1)) / of;
  while (labeled && columns > 1 && widest(columns) < LABELED_CELL * keys.length) columns--;
  const rows = Math.ceil(panels.length / columns);
  // Label width depends on cell size and the reverse; two rounds are enough.
  let size = 0;
  let beside = 60;
  for (let round = 0; round < 2; round++) {
    const room = (inner - beside - 20 - gap * (columns - 1)) / columns;
    const wide = Math.min(room, Math.max(keys.length * 44, 120));
    size = snap(
      tokens.length > keys.length ? Math.min(wide, (TALLEST * keys.length) / tokens.length) : wide,
      keys.length,
    );
    beside = labelRoom(labels, size / keys.length).beside;
  }
  const { below } = labelRoom(keyLabels, size / keys.length);
  const tall = (size * tokens.length) / keys.length;
  const { colors, beyond } = colorsOf(panels, options.max);
  const left = MARGIN + 20 + beside;
  const top = frame.top + nameHeight;
  const elements: string[] = [];
  const step = tall + gap + nameHeight;
  for (const [i, values] of panels.entries()) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    elements.push(
      ...drawHeatPanel({
        left: left + column * (size + gap),
        top: top + row * step,
        width: size,
        height: tall,
        values,
        colors,
        triangle: options.keys === undefined && isCausal(values),
        title: names[i],
        rowLabels: column === 0 ? labels : undefined,
        columnLabels: i + columns >= panels.length ? keyLabels : undefined,
        format: panels.length === 1 ? (value) => value.toFixed(2) : undefined,
      }),
    );
  }
  const width = columns * (size + gap) - gap;
  const height = rows * step - gap - nameHeight;
  const bar = { left: left + width + 18, top, height: Math.min(height, 320) };
  elements.push(...colorBar(bar, colors, { name: 'attention weight', beyond }));
  const style = { size: 12.5, anchor: 'middle', color: MUTED } as const;
  const bottom = top + height + below + 18;
  elements.push(
    textAt(left + width / 2, bottom - 4, 'key', style),
    textAt(MARGIN + 6, top + height / 2, 'query', {
      ...style,
      rotate: -90,
    }),
  );
  return frame.finish(bottom + 12, elements);
}

/** Rounds down to a whole number of units per cell, unless that loses more than 20 %. */
function snap(room: number, cells: number): number {
  const snapped = Math.floor(room / cells) * cells;
  return snapped > 0.8 * room ? snapped : Math.floor(room);
}

/** Whether no query attends to a later key. */
function isCausal(values: Matrix): boolean {
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values[i].length; j++) if (values[i][j] !== 0) return false;
  }
  return values.length > 1;
}

function colorsOf(panels: readonly Matrix[], max?: number): { colors: Colors; beyond: boolean } {
  if (max !== undefined && !(max > 0 && max <= 1)) {
    throw new RangeError(`max: ${max}. Expected a weight above 0 and at most 1.`);
  }
  let largest = 0;
  let largestOfAll = 0;
  for (const values of panels) {
    for (let i = 0; i < values.length; i++) {
      for (let j = 0; j < values[i].length; j++) {
        if (i > 0 && values[i][j] > largest) largest = values[i][j];
        if (values[i][j] > largestOfAll) largestOfAll = values[i][j];
      }
    }
  }
  const end = max ?? [0.1, 0.2, 0.5, 1].find((each) => each >= largest && largest > 0) ?? 1;
  return { colors: { scale: sequential, min: 0, max: end }, beyond: largestOfAll > end };
}

/** Elementwise mean. */
function average(matrices: readonly Matrix[], rows: number, columns: number): Float64Array[] {
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => {
      let sum = 0;
      for (const matrix of matrices) sum += matrix[i][j];
      return sum / matrices.length;
    }),
  );
}
