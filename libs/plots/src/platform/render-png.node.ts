// SVG to PNG with resvg and the DejaVu fonts, without system fonts: the same pixels on every machine.
// resvg is loaded on first use, so SVG output works on platforms without it.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as ResvgModule from '@resvg/resvg-js';

/** Renders an SVG document, enlarged by `zoom`, to PNG bytes. */
export function renderPng(svg: string, zoom: number): Uint8Array {
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
