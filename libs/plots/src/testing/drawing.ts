// What tests read out of figures: the elements of an SVG by a strict little parser of our own (it refuses what is
// not well-formed), and the pixels of a PNG by its specification.
import { inflateSync } from 'node:zlib';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** All text within, entities resolved. */
  readonly text: string;
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#160': '\u00a0',
};

function unescape(text: string): string {
  // eslint-disable-next-line no-control-regex
  const bad = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(text);
  if (bad) throw new Error(`character ${bad[0].charCodeAt(0)} in ${JSON.stringify(text)}`);
  if (/\p{Cs}/u.test(text)) throw new Error(`half a surrogate pair in ${JSON.stringify(text)}`);
  return text.replace(/&([^;\s]*);?/g, (whole, name: string) => {
    if (!whole.endsWith(';') || !(name in ENTITIES))
      throw new Error(`entity ${whole} in ${JSON.stringify(text)}`);
    return ENTITIES[name];
  });
}

/** The one element of an XML document; throws where the document is not well-formed. */
export function parseXml(document: string): Element {
  const open: { name: string; attributes: Record<string, string>; children: Element[]; text: string }[] = [
    { name: '', attributes: {}, children: [], text: '' },
  ];
  let at = 0;
  while (at < document.length) {
    const tag = document.indexOf('<', at);
    const text = document.slice(at, tag < 0 ? undefined : tag);
    if (text.includes('>')) throw new Error(`loose > in ${JSON.stringify(text)}`);
    open.at(-1)!.text += unescape(text);
    if (tag < 0) break;
    const match = /<(\/?)([\w-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
    match.lastIndex = tag;
    const found = match.exec(document);
    if (!found) throw new Error(`no tag at ${JSON.stringify(document.slice(tag, tag + 80))}`);
    const [whole, closing, name, attributes, single] = found;
    at = tag + whole.length;
    if (!closing) {
      const entries = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        unescape(value),
      ]);
      if (new Set(entries.map(([key]) => key)).size < entries.length)
        throw new Error(`twice the same in ${whole}`);
      open.push({ name, attributes: Object.fromEntries(entries), children: [], text: '' });
    }
    if (closing || single) {
      const done = open.pop()!;
      if (done.name !== name) throw new Error(`</${name}> closes <${done.name}>`);
      open.at(-1)!.children.push(done);
      open.at(-1)!.text += done.text;
    }
  }
  const [root, ...more] = open[0].children;
  if (open.length !== 1 || more.length > 0 || !root) throw new Error('not one element');
  return root;
}

/** All elements of a name, in order. */
export function all(element: Element, name: string): Element[] {
  return [
    ...(element.name === name ? [element] : []),
    ...element.children.flatMap((child) => all(child, name)),
  ];
}

/** Contents of all texts, in order. */
export function texts(svg: string): string[] {
  return all(parseXml(svg), 'text').map(({ text }) => text);
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly data: Uint8Array;
}

/** Pixels of an 8-bit RGB or RGBA PNG (ISO/IEC 15948), not interlaced. */
export function decodePng(bytes: Uint8Array): Pixels {
  const file = Buffer.from(bytes);
  if (file.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG signature');
  const parts: Buffer[] = [];
  let width = 0;
  let height = 0;
  let channels = 0;
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const content = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = content.readUInt32BE(0);
      height = content.readUInt32BE(4);
      channels = { 2: 3, 6: 4 }[content[9]] ?? 0;
      if (content[8] !== 8 || channels === 0 || content[12] !== 0) throw new Error('another kind of PNG');
    }
    if (type === 'IDAT') parts.push(content);
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? rows[y * stride + i - channels] : 0;
      const up = y > 0 ? rows[(y - 1) * stride + i] : 0;
      const corner = y > 0 && i >= channels ? rows[(y - 1) * stride + i - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      rows[y * stride + i] = raw[y * (stride + 1) + 1 + i] + guess;
    }
  }
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 4; c++) data[4 * i + c] = c < channels ? rows[i * channels + c] : 255;
  }
  return { width, height, data };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Share of pixels that are not white. */
export function inked({ data }: Pixels): number {
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] < 250 || data[i + 1] < 250 || data[i + 2] < 250) count++;
  }
  return count / (data.length / 4);
}
