// SVG to PNG with resvg and the DejaVu fonts, without system fonts: the same pixels on every machine.
// resvg is loaded on first use, so SVG output works on platforms without it.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as ResvgModule from '@resvg/resvg-js';
import type { PngSize } from './figure.js';

const LARGEST_SIDE = 20_000;

/** Renders an SVG document to PNG bytes. */
export function rasterize(
  svg: string,
  figure: { width: number; height: number },
  { scale, width }: PngSize,
): Uint8Array {
  if (scale !== undefined && width !== undefined) {
    throw new RangeError(`scale ${scale}, width ${width}: both given. Expected one of them.`);
  }
  const zoom = width === undefined ? (scale ?? 2) : width / figure.width;
  const side = Math.max(figure.width, figure.height) * zoom;
  if (!(zoom > 0) || !(side <= LARGEST_SIDE)) {
    const given = width === undefined ? `scale ${scale}` : `width ${width}`;
    throw new RangeError(
      `${given}: not possible. Expected a size above 0 with sides of at most ${LARGEST_SIDE.toLocaleString('en')} pixels. ` +
        `The figure is ${figure.width} × ${figure.height}.`,
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
