// Colours: eight for things that differ in kind, a light-to-dark scale for amounts, a two-sided one for signed
// values. Of the first, six are Okabe and Ito's (https://jfly.uni-koeln.de/color/; a white ground swallows their
// yellow); the scales run evenly in lightness (OKLab), so that they keep their order without colour too.

/** For things that differ in kind, told apart with every common colour blindness. */
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

/** Dash patterns: the second eight of a figure's lines are told from the first by them. */
const DASHES = ['', '7,4', '2,3', '9,3,2,3'] as const;
/** Marks, changing faster than dashes, so that points are told apart in grey too. */
const MARKS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'emptyCircle',
  'emptyRect',
  'emptyTriangle',
  'emptyDiamond',
];

/** Colour, dash and mark of the thing number `index`. */
export function style(index: number): { color: string; dash: string; mark: string } {
  return {
    color: CATEGORICAL[index % CATEGORICAL.length],
    dash: DASHES[Math.floor(index / CATEGORICAL.length) % DASHES.length],
    mark: MARKS[index % MARKS.length],
  };
}

/** A colour for each of 0 … 1. */
export type ColorScale = (share: number) => string;

/** Amounts: near white for 0, blue, near black for 1. */
export const sequential: ColorScale = between(['#f4f7fb', '#a9d3ea', '#3d8fc6', '#1b4f91', '#0a1a3f']);

/** Amounts on a dark ground: the ground's own colour for 0, blue, near white for 1. */
export const sequentialOnDark: ColorScale = between(['#161b22', '#17406e', '#2f7fbd', '#7cc0e4', '#f3f8fc']);

/** Signed values: blue for 0 (the lowest), near white for 0.5 (nought), orange-brown for 1 (the highest). */
export const diverging: ColorScale = between(['#0b3c7d', '#4c94cb', '#f5f5f3', '#e08a3c', '#7f2f00']);

/** The colour of a cell that has no value. */
export const MISSING = '#e7e7e4';

function between(stops: readonly string[]): ColorScale {
  const lab = stops.map(toLab);
  return (share) => {
    const place = Math.min(Math.max(share, 0), 1) * (lab.length - 1);
    const from = Math.min(Math.floor(place), lab.length - 2);
    return toHex(lab[from].map((value, i) => value + (place - from) * (lab[from + 1][i] - value)));
  };
}

// OKLab: Björn Ottosson, "A perceptual color space for image processing", 2020.
function toLab(hex: string): number[] {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const value = parseInt(hex.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
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
