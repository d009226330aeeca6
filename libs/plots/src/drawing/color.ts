// Color palettes: categorical, sequential and diverging. Six of the categorical colors are Okabe and Ito's
// (https://jfly.uni-koeln.de/color/). Color scales interpolate in OKLab, so lightness is monotonic.

/** Categorical colors, distinguishable with every common color blindness. */
export const CATEGORICAL = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#4d4d4d',
  '#661100',
] as const;

/** Dash pattern of each group of eight lines. */
const DASHES = ['', '7,4', '2,3', '9,3,2,3'] as const;
/** Marker shapes as ECharts names them. */
const MARKERS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'emptyCircle',
  'emptyRect',
  'emptyTriangle',
  'emptyDiamond',
];

/** Color, dash pattern and marker of series `index`. */
export function style(index: number): { color: string; dash: string; marker: string } {
  return {
    color: CATEGORICAL[index % CATEGORICAL.length],
    dash: DASHES[Math.floor(index / CATEGORICAL.length) % DASHES.length],
    marker: MARKERS[index % MARKERS.length],
  };
}

/** Maps 0 … 1 to a color. */
export type ColorScale = (position: number) => string;

/** Near white at 0, blue, near black at 1. */
export const sequential: ColorScale = interpolate(['#f4f7fb', '#a9d3ea', '#3d8fc6', '#1b4f91', '#0a1a3f']);

/** For dark backgrounds: the background color at 0, blue, near white at 1. */
export const sequentialOnDark: ColorScale = interpolate([
  '#161b22',
  '#17406e',
  '#2f7fbd',
  '#7cc0e4',
  '#f3f8fc',
]);

/** For signed values: blue at 0, near white at 0.5, orange-brown at 1. */
export const diverging: ColorScale = interpolate(['#0b3c7d', '#4c94cb', '#f5f5f3', '#e08a3c', '#7f2f00']);

/** Color of cells without a value. */
export const MISSING = '#e7e7e4';

function interpolate(stops: readonly string[]): ColorScale {
  const lab = stops.map(toLab);
  return (position) => {
    const at = Math.min(Math.max(position, 0), 1) * (lab.length - 1);
    const from = Math.min(Math.floor(at), lab.length - 2);
    return toHex(lab[from].map((value, i) => value + (at - from) * (lab[from + 1][i] - value)));
  };
}

/** Relative luminance (WCAG 2) below which white text reads better than dark text. */
export function isDark(color: string): boolean {
  const [r, g, b] = linearRgb(color);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.3;
}

function linearRgb(hex: string): number[] {
  return [1, 3, 5].map((i) => {
    const value = parseInt(hex.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

// OKLab: Björn Ottosson, "A perceptual color space for image processing", 2020.
function toLab(hex: string): number[] {
  const [r, g, b] = linearRgb(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function toHex([lightness, a, b]: number[]): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${channels
    .map((linear) => {
      const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.max(linear, 0) ** (1 / 2.4) - 0.055;
      return Math.round(Math.min(Math.max(value, 0), 1) * 255)
        .toString(16)
        .padStart(2, '0');
    })
    .join('')}`;
}
