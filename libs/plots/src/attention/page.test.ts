import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserName, openPage, type Page } from '@lilformer/testing/browser';
import { embeddedPage } from '../../scripts/embed-page.mjs';
import { attentionPage } from './page.js';

const HOSTILE = [
  '</script><script>window.broken = 1</script>',
  '<img src=x onerror="window.broken = 2">',
  '<!-- <script>',
  '\u2028"\'`${1}\\',
  ' a',
  '\n',
];
const SIZE = HOSTILE.length;
/** Head with weight 0.75 on one key per query. */
const onto = (key: (query: number) => number) =>
  HOSTILE.map((_, i) =>
    HOSTILE.map((_, j) => (j === Math.max(0, key(i)) ? 0.75 : j <= i ? 0.25 / (i || 1) : 0)),
  );
const layers = [[onto((i) => i), onto((i) => i - 1)], [onto(() => 0)]];

describe('attentionPage', () => {
  it('has the script and the style of its sources', async () => {
    // Otherwise: node scripts/embed-page.mjs
    const embedded = readFileSync(new URL('./page-script.ts', import.meta.url), 'utf8');
    expect(embedded).toBe(await embeddedPage());
  });

  it('loads nothing, and forbids it by policy', () => {
    const page = attentionPage({ tokens: HOSTILE, layers, title: '<b>title</b>' });
    expect(page).not.toMatch(/https?:|\ssrc=|\shref=|url\(|@import/);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('<h1>&lt;b&gt;title&lt;/b&gt;</h1>');
    expect(attentionPage({ tokens: HOSTILE, layers, title: '<b>title</b>' })).toBe(page);
  });

  it('embeds its data intact for any tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), (tokens) => {
        const head = tokens.map(() => tokens.map(() => 1 / tokens.length));
        const page = attentionPage({ tokens, layers: [[head]] });
        const [, data] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)!;
        const { queries, weights } = JSON.parse(data) as { queries: string[]; weights: string };
        expect(queries).toHaveLength(tokens.length);
        const bytes = Buffer.from(weights, 'base64');
        expect(bytes.readUInt16LE(0) / 65534).toBeCloseTo(1 / tokens.length, 4);
        expect(bytes).toHaveLength(2 * tokens.length ** 2);
      }),
      { numRuns: 50 },
    );
  });

  it('rejects invalid input', () => {
    expect(() => attentionPage({ tokens: [], layers })).toThrow('tokens: empty');
    expect(() => attentionPage({ tokens: ['a'], keys: [], layers })).toThrow('keys: empty');
    expect(() => attentionPage({ tokens: ['a'], keys: ['b', 'c'], layers: [[[[1]]]] })).toThrow(
      'layers[0][0][0]: length 1',
    );
    expect(() => attentionPage({ tokens: ['a'], layers: [] })).toThrow('layers: empty');
    expect(() => attentionPage({ tokens: ['a'], layers: [[]] })).toThrow('layers[0]: empty');
    expect(() => attentionPage({ tokens: ['a'], layers: [[[[1, 0]]]] })).toThrow('layers[0][0][0]: length 2');
    expect(() => attentionPage({ tokens: ['a'], layers: [[[[1.5]]]] })).toThrow('layers[0][0][0][0]: 1.5');
    expect(() => attentionPage({ tokens: ['a'], layers: [[[[-1]]]] })).toThrow(
      ': -1. Expected an attention weight',
    );
  });
});

describe.skipIf(!browserName)('attentionPage in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lilformer-page-'));
  const file = join(folder, 'attention.html');
  const address = pathToFileURL(file).href;
  let page: Page;
  const detail = () => page.evaluate<string>("document.getElementById('detail').textContent");
  const press = async (key: string) => {
    for (const type of ['keyDown', 'keyUp'])
      await page.send('Input.dispatchKeyEvent', { type, key, code: key });
  };

  beforeAll(async () => {
    writeFileSync(file, attentionPage({ tokens: HOSTILE, layers }));
    page = await openPage(`${address}#layer=0&head=1&query=4&key=3`);
  }, 60_000);
  afterAll(() => {
    page?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows tokens as text, and makes no requests', async () => {
    const shown = await page.evaluate<string[]>(
      "[...document.querySelectorAll('#text button')].map((button) => button.textContent)",
    );
    expect(shown.slice(0, 2)).toEqual(HOSTILE.slice(0, 2).map((token) => token.replaceAll(' ', '␣')));
    expect(shown.slice(4)).toEqual(['␣a', '↵']);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(page.requests.map((url) => url.split('#')[0])).toEqual([address]);
    expect(page.messages).toEqual([]);
  });

  it('shows the weight selected by the address', async () => {
    expect(await detail()).toMatch(/^0\.7500query ␣a \(4\), key .* \(3\)$/u);
    const top = await page.evaluate<string>("document.querySelector('#top tr').textContent");
    expect(top).toContain('0.7500');
  });

  it('moves by arrow keys, and to the next head by Page Down', async () => {
    await page.evaluate("document.getElementById('matrix').focus()");
    await press('ArrowRight');
    expect(await detail()).toContain('0.0625query ␣a (4)');
    await press('ArrowDown');
    expect(await detail()).toContain('0.7500query ↵ (5), key ␣a (4)');
    await press('PageDown');
    await press('Home');
    expect(await detail()).toMatch(/^0\.7500query ↵ \(5\), key .* \(0\)$/u);
    expect(await page.evaluate('location.hash')).toBe('#layer=1&head=0&query=5&key=0');
  });

  it('shows the averages of a layer and of all layers', async () => {
    const choose = (name: string) =>
      page.evaluate(`document.querySelector('#${name} input[value="-1"]').click()`);
    await page.evaluate(`document.querySelector('#layer input[value="0"]').click()`);
    await choose('head');
    await press('End');
    // 0.75 and 0.05.
    expect(await detail()).toContain('0.4000query ↵ (5), key ↵ (5)');
    await choose('layer');
    expect(await detail()).toContain('0.2250query ↵ (5), key ↵ (5)');
  });

  it('follows the pointer', async () => {
    const place = await page.evaluate<{ left: number; top: number; width: number }>(
      "(({ left, top, width }) => ({ left, top, width }))(document.getElementById('matrix').getBoundingClientRect())",
    );
    await page.send('Input.dispatchMouseEvent', {
      type: 'mouseMoved',
      x: Math.round(place.left + place.width * 0.3),
      y: Math.round(place.top + 10),
    });
    expect(await detail()).toContain('(0), key');
    expect(await page.evaluate('location.hash')).toContain('query=0');
  });

  it('draws in light and in dark mode', async () => {
    const colors = `(() => {
      const canvas = document.getElementById('matrix');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
      return seen.size;
    })()`;
    const ground = 'getComputedStyle(document.body).backgroundColor';
    expect(await page.evaluate<number>(colors)).toBeGreaterThan(5);
    expect(await page.evaluate(ground)).toBe('rgb(255, 255, 255)');
    const scheme = (value: string) =>
      page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
    await scheme('dark');
    expect(await page.evaluate(ground)).toBe('rgb(13, 17, 23)');
    expect(await page.evaluate<number>(colors)).toBeGreaterThan(5);
    await scheme('light');
  });

  it('shows cross-attention', async () => {
    const cross = join(folder, 'cross.html');
    const toward = [
      [0.2, 0.3, 0.5],
      [0.6, 0.4, 0],
    ];
    writeFileSync(
      cross,
      attentionPage({ tokens: ['eins', 'zwei'], keys: ['one', ' two', '.'], layers: [[toward]] }),
    );
    const other = await openPage(`${pathToFileURL(cross).href}#layer=0&head=0&query=1&key=0`);
    try {
      const shown = () => other.evaluate<string>("document.getElementById('detail').textContent");
      expect(await shown()).toBe('0.6000query zwei (1), key one (0)');
      const texts = (name: string) =>
        other.evaluate<string[]>(
          `[...document.querySelectorAll('#${name} button')].map((button) => button.textContent)`,
        );
      expect(await texts('queries')).toEqual(['eins', 'zwei']);
      expect(await texts('text')).toEqual(['one', '␣two', '.']);
      await other.evaluate("document.querySelector('#queries button').click()");
      await other.evaluate("document.querySelector('#text button:last-child').click()");
      expect(await shown()).toBe('0.5000query eins (0), key . (2)');
      expect(await other.evaluate("document.querySelectorAll('[aria-pressed=true]').length")).toBe(3);
      expect(other.messages).toEqual([]);
    } finally {
      other.close();
    }
  });

  it('selects by radio buttons and by thumbnails', async () => {
    expect(await page.evaluate("document.querySelectorAll('#heads button').length")).toBe(3);
    await page.evaluate("document.querySelectorAll('#heads button')[1].click()");
    expect(await page.evaluate("document.querySelector('#layer :checked').value")).toBe('0');
    expect(await page.evaluate("document.querySelector('#head :checked').value")).toBe('1');
    expect(await page.evaluate("document.querySelectorAll('#text button').length")).toBe(SIZE);
  });
});
