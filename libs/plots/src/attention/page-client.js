// @ts-check
// Script of the attention page, inlined into the page as it is. Tokens reach the document as text, never as markup.
/// <reference lib="dom" />
/* global document, location, history, matchMedia, getComputedStyle, devicePixelRatio, ResizeObserver, URLSearchParams, atob */

/**
 * @typedef {{ queries: string[], keys?: string[], heads: number[], weights: string, light: string[], dark: string[] }} PageData
 * @typedef {{ layer: number, head: number, query: number, key: number, max: number }} State layer and head -1: average
 */

/** @type {PageData} */
const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById('data')).textContent ?? '');
const { queries, keys = queries } = data;
/** Whether queries and keys are the same tokens. */
const selfAttention = keys === queries;
const [rows, columns] = [queries.length, keys.length];
/** Weights are 16-bit multiples of 1/65534; 65535 is NaN. */
const SCALE = 65534;
const MISSING = 65535;

/** @param {string} name */
const element = (name) => /** @type {HTMLElement} */ (document.getElementById(name));
const canvas = /** @type {HTMLCanvasElement} */ (element('matrix'));
const darkScheme = matchMedia('(prefers-color-scheme: dark)');

/** [layers][heads], each [queries × keys]. */
const weights = decode();
/** @type {Map<string, Float32Array>} */
const averages = new Map();

/** @type {State} */
const state = { layer: 0, head: 0, query: Math.min(rows - 1, 1), key: 0, max: 1 };

function decode() {
  const bytes = Uint8Array.from(atob(data.weights), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  return data.heads.map((count) =>
    Array.from({ length: count }, () =>
      Float32Array.from({ length: rows * columns }, () => {
        const part = view.getUint16(at, true);
        at += 2;
        return part === MISSING ? NaN : part / SCALE;
      }),
    ),
  );
}

/**
 * Weights of one head; head -1 is the average of the layer, layer -1 the average of all layers.
 * @param {number} layer
 * @param {number} head
 * @returns {Float32Array}
 */
function matrixOf(layer, head) {
  if (layer >= 0 && head >= 0) return weights[layer][head];
  const name = `${layer}`;
  let average = averages.get(name);
  if (!average) {
    const of = layer < 0 ? weights.map((_, each) => matrixOf(each, -1)) : weights[layer];
    average = new Float32Array(rows * columns);
    for (let i = 0; i < average.length; i++) {
      let sum = 0;
      for (const one of of) sum += one[i];
      average[i] = sum / of.length;
    }
    averages.set(name, average);
  }
  return average;
}

/** @param {Float32Array} matrix */
function isCausal(matrix) {
  if (!selfAttention) return false;
  for (let i = 0; i < rows; i++)
    for (let j = i + 1; j < columns; j++) if (matrix[i * columns + j] !== 0) return false;
  return rows > 1;
}

/** @param {number} weight */
function colorOf(weight) {
  const colors = darkScheme.matches ? data.dark : data.light;
  return colors[Math.round(Math.min(weight / state.max, 1) * (colors.length - 1))];
}

/**
 * Image of a matrix with sides of at most `most` pixels; a pixel that covers several cells shows the largest.
 * @param {Float32Array} matrix
 * @param {number} most
 */
function imageOf(matrix, most) {
  const block = Math.ceil(Math.max(rows, columns) / most);
  const image = document.createElement('canvas');
  image.width = Math.ceil(columns / block);
  image.height = Math.ceil(rows / block);
  const context = /** @type {CanvasRenderingContext2D} */ (image.getContext('2d'));
  const causal = isCausal(matrix);
  for (let i = 0; i < image.height; i++) {
    for (let j = 0; j < (causal ? i + 1 : image.width); j++) {
      let largest = NaN;
      for (let y = i * block; y < Math.min((i + 1) * block, rows); y++) {
        for (let x = j * block; x < Math.min((j + 1) * block, columns); x++) {
          const weight = matrix[y * columns + x];
          if (!(weight <= largest)) largest = Number.isNaN(weight) ? largest : weight;
        }
      }
      context.fillStyle = Number.isNaN(largest) ? '#80808055' : colorOf(largest);
      context.fillRect(j, i, 1, 1);
    }
  }
  return image;
}

/** Position of the matrix in the canvas, in CSS pixels. */
let area = { left: 0, top: 0, width: 1, height: 1 };
/** @type {HTMLCanvasElement | undefined} */
let image;

/** @param {string} name */
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {CanvasRenderingContext2D} context @param {string} label @param {number} room */
function fit(context, label, room) {
  if (context.measureText(label).width <= room) return label;
  const characters = [...label];
  while (characters.length > 1 && context.measureText(`${characters.join('')}…`).width > room)
    characters.pop();
  return `${characters.join('')}…`;
}

function drawMatrix() {
  const width = canvas.clientWidth;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const fontOf = (/** @type {number} */ pixels) => `${pixels}px 'DejaVu Sans', Verdana, sans-serif`;
  context.font = fontOf(13); // largest label size
  const longestOf = (/** @type {string[]} */ labels) =>
    Math.min(110, Math.max(...labels.map((label) => context.measureText(label).width)) + 8);
  const [beside, below] = [longestOf(queries), longestOf(keys)];
  // Cells are square.
  const cell =
    Math.max(40, Math.min(width - beside - 26, Math.max(rows, columns) * 46)) / Math.max(rows, columns);
  area = { left: beside + 22, top: 4, width: columns * cell, height: rows * cell };
  const height = area.height + below + 30;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.imageSmoothingEnabled = false;
  const matrix = matrixOf(state.layer, state.head);
  image ??= imageOf(matrix, Math.max(1, Math.floor(Math.max(area.width, area.height) * scale)));
  context.drawImage(image, area.left, area.top, area.width, area.height);

  // From 7 pixels on each cell has a label of its own.
  const pixels = Math.min(13, cell >= 7 ? cell - 0.5 : 9.5);
  const every = Math.ceil(pixels / cell);
  context.font = fontOf(pixels);
  context.textBaseline = 'middle';
  /** Calls `draw` for every n-th label and for the selected one. */
  const each = (
    /** @type {string[]} */ labels,
    /** @type {number} */ chosen,
    /** @type {(label: string, i: number) => void} */ draw,
  ) => {
    for (const [i, label] of labels.entries()) {
      if (i !== chosen && (i % every !== 0 || Math.abs(i - chosen) < every)) continue;
      context.fillStyle = i === chosen ? css('--mark') : css('--ink');
      draw(label, i);
    }
  };
  each(queries, state.query, (label, i) => {
    context.textAlign = 'right';
    context.fillText(fit(context, label, beside - 8), area.left - 5, area.top + (i + 0.5) * cell);
  });
  each(keys, state.key, (label, i) => {
    const text = fit(context, label, below - 8);
    const horizontal = context.measureText(text).width <= every * cell;
    context.save();
    context.translate(area.left + (i + 0.5) * cell, area.top + area.height + 6);
    if (horizontal) context.translate(0, 6);
    else context.rotate(-Math.PI / 2);
    context.textAlign = horizontal ? 'center' : 'right';
    context.fillText(text, 0, 0);
    context.restore();
  });
  context.fillStyle = css('--muted');
  context.font = fontOf(12);
  context.textAlign = 'center';
  context.fillText('key', area.left + area.width / 2, height - 8);
  context.save();
  context.translate(8, area.top + area.height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText('query', 0, 0);
  context.restore();

  context.strokeStyle = css('--rule');
  context.lineWidth = 1;
  context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
  context.strokeStyle = css('--mark');
  const thick = Math.max(cell, 2);
  context.globalAlpha = 0.55;
  context.strokeRect(area.left, area.top + state.query * cell, area.width, thick);
  context.strokeRect(area.left + state.key * cell, area.top, thick, area.height);
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.strokeRect(area.left + state.key * cell, area.top + state.query * cell, thick, thick);
}

/** @param {string} text */
function tokenOf(text) {
  const span = document.createElement('span');
  span.className = 'token';
  span.textContent = text;
  return span;
}

/** @param {number} weight */
const format = (weight) => (Number.isNaN(weight) ? 'missing' : weight.toFixed(4));

function describe() {
  const matrix = matrixOf(state.layer, state.head);
  const weight = matrix[state.query * columns + state.key];
  const strong = document.createElement('strong');
  strong.textContent = format(weight);
  element('detail').replaceChildren(
    strong,
    'query ',
    tokenOf(queries[state.query]),
    ` (${state.query}), key `,
    tokenOf(keys[state.key]),
    ` (${state.key})`,
  );

  const row = Array.from({ length: columns }, (_, key) => ({
    key,
    weight: matrix[state.query * columns + key],
  }));
  const top = row.filter((each) => each.weight > 0).sort((a, b) => b.weight - a.weight || a.key - b.key);
  const most = top.length > 0 ? top[0].weight : 1;
  element('top').replaceChildren(
    ...top.slice(0, 10).map((each) => {
      const line = document.createElement('tr');
      if (each.key === state.key) line.className = 'current';
      const [name, amount, number] = ['name', 'amount', 'number'].map((kind) => {
        const box = document.createElement('td');
        box.className = kind;
        line.append(box);
        return box;
      });
      name.append(tokenOf(keys[each.key]), ` ${each.key}`);
      const bar = document.createElement('div');
      bar.style.width = `${(100 * each.weight) / most}%`;
      amount.append(bar);
      number.textContent = format(each.weight);
      return line;
    }),
  );
  element('top-title').textContent = `Largest weights of query ${queries[state.query]} (${state.query})`;

  for (const [i, button] of [...element('text').children].entries()) {
    const token = /** @type {HTMLElement} */ (button);
    const share = matrix[state.query * columns + i];
    const color = share > 0 ? colorOf(share) : 'transparent';
    token.style.backgroundColor = color;
    token.style.color = share > 0 ? inkOn(color) : 'inherit';
  }
  setPressed('text', selfAttention ? state.query : state.key);
  if (!selfAttention) setPressed('queries', state.query);
}

/** Marks one of the buttons as pressed. @param {string} name @param {number} chosen */
function setPressed(name, chosen) {
  for (const [i, button] of [...element(name).children].entries()) {
    button.setAttribute('aria-pressed', String(i === chosen));
    /** @type {HTMLElement} */ (button).tabIndex = i === chosen ? 0 : -1;
  }
}

/** Text color with the better contrast. @param {string} color */
function inkOn(color) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(color.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.3 ? '#ffffff' : '#1f2328';
}

/** Selects a cell. @param {number} query @param {number} key */
function move(query, key) {
  const clamp = (/** @type {number} */ value, /** @type {number} */ count) =>
    Math.max(0, Math.min(count - 1, value));
  [state.query, state.key] = [clamp(query, rows), clamp(key, columns)];
  drawMatrix();
  describe();
  saveSelection();
}

/** Selects a head or an average. @param {number} layer @param {number} head */
function choose(layer, head) {
  state.layer = layer;
  state.head = layer < 0 ? -1 : Math.min(head, data.heads[layer] - 1);
  image = undefined;
  showChoices();
  drawMatrix();
  describe();
  saveSelection();
}

/** Redraws everything after a change of the color scale or scheme. */
function recolor() {
  image = undefined;
  drawMatrix();
  describe();
  drawHeads();
  const scale = /** @type {HTMLCanvasElement} */ (element('colors'));
  const context = /** @type {CanvasRenderingContext2D} */ (scale.getContext('2d'));
  for (let x = 0; x < scale.width; x++) {
    context.fillStyle = colorOf((state.max * x) / (scale.width - 1));
    context.fillRect(x, 0, 1, scale.height);
  }
  element('most').textContent = state.max < 1 ? `≥ ${state.max}` : '1';
}

/** @param {string} name @param {string} text @param {string} value @param {boolean} checked @param {() => void} chosen */
function choice(name, text, value, checked, chosen) {
  const label = document.createElement('label');
  label.className = 'choice';
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = name;
  input.value = value;
  input.checked = checked;
  input.addEventListener('change', chosen);
  label.append(input, text);
  return label;
}

/** Creates the radio buttons for the layer and its heads. */
function showChoices() {
  const fill = (/** @type {string} */ name, /** @type {HTMLElement[]} */ choices) => {
    const set = element(name);
    const focused = set.contains(document.activeElement);
    set.replaceChildren(/** @type {Node} */ (set.firstElementChild), ...choices);
    if (focused) /** @type {HTMLElement | null} */ (set.querySelector(':checked'))?.focus();
  };
  fill('layer', [
    ...weights.map((_, i) =>
      choice('layer', String(i), String(i), i === state.layer, () => choose(i, state.head)),
    ),
    choice('layer', 'average of all', '-1', state.layer < 0, () => choose(-1, -1)),
  ]);
  const count = state.layer < 0 ? 0 : data.heads[state.layer];
  fill('head', [
    ...Array.from({ length: count }, (_, i) =>
      choice('head', String(i), String(i), i === state.head, () => choose(state.layer, i)),
    ),
    choice('head', 'average', '-1', state.head < 0, () => choose(state.layer, -1)),
  ]);
  for (const button of element('heads').querySelectorAll('button')) {
    const chosen = button.dataset.layer === String(state.layer) && button.dataset.head === String(state.head);
    button.setAttribute('aria-pressed', String(chosen));
  }
}

function drawHeads() {
  for (const button of element('heads').querySelectorAll('button')) {
    const small = /** @type {HTMLCanvasElement} */ (button.firstElementChild);
    const context = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, small.width, small.height);
    const matrix = matrixOf(Number(button.dataset.layer), Number(button.dataset.head));
    const image = imageOf(matrix, small.width);
    const scale = small.width / Math.max(image.width, image.height);
    context.drawImage(image, 0, 0, image.width * scale, image.height * scale);
  }
}

/** Creates the thumbnails of all heads, one row per layer. */
function buildHeads() {
  const columns = Math.max(...data.heads);
  const grid = element('heads');
  grid.style.gridTemplateColumns = `max-content repeat(${columns}, minmax(28px, 96px))`;
  for (const [layer, count] of data.heads.entries()) {
    const name = document.createElement('span');
    name.textContent = `layer ${layer}`;
    grid.append(name);
    for (let head = 0; head < columns; head++) {
      if (head >= count) {
        grid.append(document.createElement('span'));
        continue;
      }
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.layer = String(layer);
      button.dataset.head = String(head);
      button.setAttribute('aria-label', `Layer ${layer}, head ${head}`);
      button.title = `Layer ${layer}, head ${head}`;
      const small = document.createElement('canvas');
      small.width = small.height = 96;
      button.append(small);
      button.addEventListener('click', () => choose(layer, head));
      grid.append(button);
    }
  }
}

/**
 * Tokens as buttons: one tab stop, arrow keys move within.
 * @param {string} name
 * @param {string[]} labels
 * @param {() => number} chosen
 * @param {(i: number) => void} choose
 */
function buildText(name, labels, chosen, choose) {
  const text = element(name);
  for (const [i, label] of labels.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', () => choose(i));
    text.append(button);
  }
  text.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    choose(chosen() + step);
    /** @type {HTMLElement} */ (text.children[chosen()]).focus();
  });
}

/** @param {PointerEvent} event */
function onPointer(event) {
  const { left, top } = canvas.getBoundingClientRect();
  const cell = area.width / columns;
  const key = Math.floor((event.clientX - left - area.left) / cell);
  const query = Math.floor((event.clientY - top - area.top) / cell);
  if (key < 0 || query < 0 || key >= columns || query >= rows) return;
  if (key !== state.key || query !== state.query) move(query, key);
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  const { layer, head, query, key } = state;
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowUp: () => move(query - 1, key),
    ArrowDown: () => move(query + 1, key),
    ArrowLeft: () => move(query, key - 1),
    ArrowRight: () => move(query, key + 1),
    Home: () => move(query, 0),
    End: () => move(query, columns - 1),
    PageUp: () => step(-1),
    PageDown: () => step(1),
  };
  const step = (/** @type {number} */ by) => {
    const all = weights.flatMap((heads, l) => heads.map((_, h) => ({ l, h })));
    const at = all.findIndex(({ l, h }) => l === layer && h === head);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    choose(next.l, next.h);
  };
  const action = actions[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
}

/** Stores the selection in the address. */
function saveSelection() {
  const { layer, head, query, key } = state;
  history.replaceState(null, '', `#layer=${layer}&head=${head}&query=${query}&key=${key}`);
}

function restoreSelection() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const within = (
    /** @type {string} */ name,
    /** @type {number} */ low,
    /** @type {number} */ high,
    /** @type {number} */ or,
  ) => {
    const value = Number(wanted.get(name) ?? NaN);
    return Number.isInteger(value) && value >= low && value < high ? value : or;
  };
  state.layer = within('layer', -1, data.heads.length, 0);
  state.head = state.layer < 0 ? -1 : within('head', -1, data.heads[state.layer], 0);
  state.query = within('query', 0, rows, rows - 1);
  state.key = within('key', 0, columns, selfAttention ? Math.max(0, state.query - 1) : 0);
}

restoreSelection();
buildHeads();
const chooseQuery = (/** @type {number} */ i) => move(i, state.key);
const chooseKey = (/** @type {number} */ i) => move(state.query, i);
if (!selfAttention) buildText('queries', queries, () => state.query, chooseQuery);
buildText(
  'text',
  keys,
  () => (selfAttention ? state.query : state.key),
  selfAttention ? chooseQuery : chooseKey,
);
showChoices();
recolor();
canvas.addEventListener('pointermove', onPointer);
canvas.addEventListener('pointerdown', onPointer);
canvas.addEventListener('keydown', onKeyDown);
element('max').addEventListener('change', (event) => {
  state.max = Number(/** @type {HTMLSelectElement} */ (event.target).value);
  recolor();
});
darkScheme.addEventListener('change', recolor);
new ResizeObserver(() => {
  image = undefined;
  drawMatrix();
}).observe(canvas);

export {};
