export { bars, type BarSeriesInput, type BarsOptions } from './bars.js';
export type { Numbers } from './check.js';
export { Figure, type PngSize } from './figure.js';
export type { FigureOptions } from './frame.js';
export { visibleToken } from './text.js';
