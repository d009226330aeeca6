// The result of every plot, convertible to SVG text or PNG bytes.
import { rasterize } from './raster.js';
import { escapeXml, number } from './svg.js';
import { FONT_FAMILY, plainText } from './text.js';

/** Size of a PNG. */
export interface PngSize {
  /** Pixels per SVG unit; default 2. */
  readonly scale?: number;
  /** Width in pixels; the height is proportional. Excludes `scale`. */
  readonly width?: number;
}

/** A finished drawing. Equal data gives equal bytes. */
export class Figure {
  /** Width in SVG units (CSS pixels). */
  readonly width: number;
  /** Height in SVG units. */
  readonly height: number;
  /** Title as plain text; also the label for screen readers. */
  readonly title: string;
  readonly #body: string;

  /** @internal `body` is escaped SVG elements. */
  constructor(size: { width: number; height: number; title: string }, body: string) {
    this.width = Math.ceil(size.width);
    this.height = Math.ceil(size.height);
    this.title = plainText(size.title);
    this.#body = body;
  }

  /** One SVG document with a white background, no scripts and no external references. */
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
   * PNG bytes, drawn with bundled fonts. Characters that DejaVu lacks, such as Chinese, appear as boxes.
   *
   * @throws RangeError for a size that is not positive, or sides above 20,000 pixels
   */
  toPNG(size: PngSize = {}): Uint8Array {
    return rasterize(this.toSVG(), { width: this.width, height: this.height }, size);
  }
}
