// Attention as heat maps: one head, the heads of a layer, all layers × heads, and averages. A row is a query (the
// token that looks), a column a key (the token that is looked at); the rows of a head sum to 1.
import { needSameLength, needSome } from './check.js';
import { sequential } from './color.js';
import type { Figure } from './figure.js';
import { MARGIN, openFrame, type FigureOptions } from './frame.js';
import {
  checkMatrix,
  COLOR_BAR,
  colorBar,
  drawHeatPanel,
  labelRoom,
  type Colors,
  type Matrix,
} from './heat-panel.js';
import { MUTED, textAt } from './svg.js';
import { shorten, visibleToken } from './text.js';

/** What the attention figures share. */
export interface AttentionOptions extends FigureOptions {
  /** One a position, as the tokenizer gives them; whitespace is made visible here. */
  readonly tokens: readonly string[];
  /** The tokens that are looked at, where they are of another text, as in cross attention; without, `tokens`. */
  readonly keys?: readonly string[];
  /**
   * Weight that gets the darkest colour, for all panels; larger ones get it too. By default the largest weight after
   * the first query's (which has one token to look at, and a weight of 1), rounded up to 0.1, 0.2, 0.5 or 1.
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
  /** What the panels are called; "head 0", "head 1", … when not given. */
  readonly names?: readonly string[];
}

export interface AttentionModelOptions extends AttentionOptions {
  /** [layers][heads][queries][keys] */
  readonly layers: readonly (readonly Matrix[])[];
}

export interface AttentionAveragesOptions extends AttentionModelOptions {
  /** What the layers are called, when they are not all of them; "layer 0", "layer 1", … when not given. */
  readonly names?: readonly string[];
}

/**
 * One head's weights, large; or any other [queries][keys], such as an average.
 *
 * @throws RangeError without tokens, when weights are not tokens × keys, or are infinite.
 */
export function attentionHead(options: AttentionHeadOptions): Figure {
  return panelGrid(options, 'Attention', [options.weights], [''], 'weights');
}

/**
 * The heads of a layer beside each other, in the same colours.
 *
 * @throws RangeError as {@link attentionHead} does, and when there are not as many names as heads.
 */
export function attentionLayer(options: AttentionLayerOptions): Figure {
  const { heads, names = heads.map((_, i) => `head ${i}`) } = options;
  needSome('heads', heads, 'head');
  needSameLength('names', names, 'heads', heads.length);
  return panelGrid(options, 'Attention of the heads of a layer', heads, names, 'heads');
}

/**
 * The average of each layer's heads, and the average of all layers after them.
 *
 * @throws RangeError as {@link attentionHead} does.
 */
export function attentionAverages(options: AttentionAveragesOptions): Figure {
  const { layers, tokens, keys = tokens, names = layers.map((_, i) => `layer ${i}`) } = options;
  checkLayers(layers, tokens, keys);
  needSameLength('names', names, 'layers', layers.length);
  const averages = layers.map((heads) => average(heads, tokens.length, keys.length));
  const all = layers.length > 1;
  if (all) averages.push(average(averages, tokens.length, keys.length));
  const shown = all ? [...names, 'all layers'] : names;
  return panelGrid(options, 'Attention, averaged over heads', averages, shown, 'averages');
}

/**
 * Small panels of all heads, a row a layer. Tokens are in the order of the text; for their names see a single layer.
 *
 * @throws RangeError as {@link attentionHead} does.
 */
export function attentionModel(options: AttentionModelOptions): Figure {
  const { layers, tokens, keys = tokens } = options;
  checkLayers(layers, tokens, keys);
  const frame = openFrame(options, 'Attention of all heads');
  const columns = Math.max(...layers.map((heads) => heads.length));
  const left = MARGIN + 26;
  const gap = 8;
  const room = Math.floor((frame.width - left - MARGIN - COLOR_BAR - 16) / columns) - gap;
  // Panels are as wide as there is room for, and not much taller than that where there are more queries than keys.
  const size = snap(Math.min(room, 150) * Math.min(1, (1.5 * keys.length) / tokens.length), keys.length);
  const tall = (size * tokens.length) / keys.length;
  if (size < 8) throw new RangeError(`${columns} heads do not fit into width ${frame.width}; give more`);
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
  for (const [line, note] of notes.entries()) {
    const text = shorten(note, frame.width - 2 * MARGIN, 11.5);
    elements.push(textAt(MARGIN, top + height + 16 + 17 * line, text, { size: 11.5, color: MUTED }));
  }
  return frame.finish(top + height + 17 + 17 * notes.length, elements);
}

/** Tokens as one line. */
function textOf(tokens: readonly string[]): string {
  return tokens.map(visibleToken).join(tokens.some((token) => token.length > 1) ? ' ' : '');
}

function checkLayers(
  layers: readonly (readonly Matrix[])[],
  tokens: readonly string[],
  keys: readonly string[],
): void {
  needSome('tokens', tokens, 'token');
  needSome('keys', keys, 'token');
  needSome('layers', layers, 'layer');
  for (const [l, heads] of layers.entries()) {
    needSome(`layers[${l}]`, heads, 'head');
    for (const [h, head] of heads.entries()) {
      checkMatrix(`layers[${l}][${h}]`, head, tokens.length, keys.length);
    }
  }
}

/** Height of a panel that has more queries than keys. */
const TALLEST = 560;

/** Panels of equal size with token names at the left and lower edges of the grid. */
function panelGrid(
  options: AttentionOptions,
  ownTitle: string,
  panels: readonly Matrix[],
  names: readonly string[],
  what: string,
): Figure {
  const { tokens, keys = tokens } = options;
  needSome('tokens', tokens, 'token');
  needSome('keys', keys, 'token');
  for (const [i, values] of panels.entries()) {
    checkMatrix(panels.length > 1 ? `${what}[${i}]` : what, values, tokens.length, keys.length);
  }
  const frame = openFrame(options, ownTitle);
  const [labels, keyLabels] = [tokens, keys].map((each) => each.map(visibleToken));
  const columns = panels.length <= 4 ? panels.length : panels.length <= 6 ? 3 : 4;
  const rows = Math.ceil(panels.length / columns);
  const gap = 16;
  const nameHeight = names.some((name) => name !== '') ? 22 : 0;
  const inner = frame.width - 2 * MARGIN - COLOR_BAR - 20;
  // The labels' size depends on the cell's, which depends on the room that labels leave: twice is enough.
  let size = 0;
  let beside = 60;
  for (let round = 0; round < 2; round++) {
    const room = (inner - beside - 20 - gap * (columns - 1)) / columns;
    const wide = Math.min(room, Math.max(keys.length * 44, 120));
    // With more queries than keys a panel grows tall: not above what a page shows.
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
    textAt(left + width / 2, bottom - 4, 'key: the token looked at', style),
    textAt(MARGIN + 6, top + height / 2, shorten('query: the token that looks', height + 60, 12.5), {
      ...style,
      rotate: -90,
    }),
  );
  return frame.finish(bottom + 12, elements);
}

/** A panel's size in which a cell is a whole number of units, so that all cells look alike, if that is not too small. */
function snap(room: number, cells: number): number {
  const snapped = Math.floor(room / cells) * cells;
  return snapped > 0.8 * room ? snapped : Math.floor(room);
}

/** Whether no query looks at a later token, as under a causal mask. */
function isCausal(values: Matrix): boolean {
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values[i].length; j++) if (values[i][j] !== 0) return false;
  }
  return values.length > 1;
}

function colorsOf(panels: readonly Matrix[], max?: number): { colors: Colors; beyond: boolean } {
  if (max !== undefined && !(max > 0 && max <= 1)) {
    throw new RangeError(`max ${max}: expected a weight above 0 and up to 1; leave it out for the largest`);
  }
  let largest = 0;
  let ever = 0;
  for (const values of panels) {
    for (let i = 0; i < values.length; i++) {
      for (let j = 0; j < values[i].length; j++) {
        if (i > 0 && values[i][j] > largest) largest = values[i][j];
        if (values[i][j] > ever) ever = values[i][j];
      }
    }
  }
  const end = max ?? [0.1, 0.2, 0.5, 1].find((each) => each >= largest && largest > 0) ?? 1;
  return { colors: { scale: sequential, min: 0, max: end }, beyond: ever > end };
}

/** Element by element; NaN where any is missing. */
function average(matrices: readonly Matrix[], rows: number, columns: number): Float64Array[] {
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => {
      let sum = 0;
      for (const matrix of matrices) sum += matrix[i][j];
      return sum / matrices.length;
    }),
  );
}
