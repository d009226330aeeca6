// SVG to PNG by resvg, with DejaVu's fonts and none of the machine's: the same picture everywhere.
// Both are loaded at the first PNG, so that SVG works where resvg has no build.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as ResvgModule from '@resvg/resvg-js';
import type { PngSize } from './figure.js';

const LARGEST_SIDE = 20_000;

/** PNG bytes of an SVG document of the given size in units. */
export function rasterize(
  svg: string,
  figure: { width: number; height: number },
  { scale, width }: PngSize,
): Uint8Array {
  if (scale !== undefined && width !== undefined) {
    throw new RangeError(`scale ${scale} and width ${width}: expected one of them; leave the other out`);
  }
  const zoom = width === undefined ? (scale ?? 2) : width / figure.width;
  const side = Math.max(figure.width, figure.height) * zoom;
  if (!(zoom > 0) || !(side <= LARGEST_SIDE)) {
    const given = width === undefined ? `scale ${scale}` : `width ${width}`;
    throw new RangeError(
      `${given}: expected a size above 0 that makes no side longer than ${LARGEST_SIDE.toLocaleString('en')} pixels; ` +
        `the figure is ${figure.width} × ${figure.height}`,
    );
  }
  const require = createRequire(import.meta.url);
  const { Resvg } = require('@resvg/resvg-js') as typeof ResvgModule;
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(fonts, file)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  }).render();
  return new Uint8Array(image.asPng());
}
