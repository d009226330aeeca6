// SVG to PNG.
import { renderPng } from '#render-png';
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
  return renderPng(svg, zoom);
}
