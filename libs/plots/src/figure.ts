// What every plot returns: a finished drawing that turns into SVG text or PNG bytes. Where it is kept is the
// caller's business; nothing here writes a file.
import { rasterize } from './raster.js';
import { escapeXml, number } from './svg.js';
import { FONT_FAMILY, plainText } from './text.js';

/** How large a PNG is to be: so many pixels per unit of the figure, or so many pixels wide. */
export interface PngSize {
  /** Pixels per unit of the figure; 2 when neither is given, sharp on dense screens. */
  readonly scale?: number;
  /** Width of the image in pixels; the height follows. Not together with `scale`. */
  readonly width?: number;
}

/** A drawing, made of numbers and done: the same numbers give the same bytes. */
export class Figure {
  /** Width in SVG units, which a browser shows as CSS pixels. */
  readonly width: number;
  /** Height in SVG units. */
  readonly height: number;
  /** What the figure is called, as plain text; it is also the text that a screen reader says. */
  readonly title: string;
  readonly #body: string;

  /** Used by the plots of this library; `body` is SVG elements, already escaped. */
  constructor(size: { width: number; height: number; title: string }, body: string) {
    this.width = Math.ceil(size.width);
    this.height = Math.ceil(size.height);
    this.title = plainText(size.title);
    this.#body = body;
  }

  /** The figure as one SVG document with a white ground, no script and nothing from outside. */
  toSVG(): string {
    const { width, height } = this;
    const title = escapeXml(this.title || 'Figure');
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" ` +
      `viewBox="0 0 ${number(width)} ${number(height)}" role="img" aria-label="${title}" font-family="${FONT_FAMILY}">\n` +
      `<title>${title}</title>\n<rect width="100%" height="100%" fill="#ffffff"/>\n${this.#body}\n</svg>\n`
    );
  }

  /**
   * The figure as a PNG file's bytes, drawn with fonts that come with the library, so that text shows on machines
   * without any. Scripts that DejaVu lacks (Chinese, say) appear as boxes; the SVG shows them in the viewer's fonts.
   *
   * @throws RangeError for a size that is not positive, or beyond 20,000 pixels a side.
   */
  toPNG(size: PngSize = {}): Uint8Array {
    return rasterize(this.toSVG(), { width: this.width, height: this.height }, size);
  }
}
