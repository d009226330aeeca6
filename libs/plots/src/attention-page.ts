// A page on which to look at the attention of a whole model: one HTML file that holds all it needs, opens from the
// disk without a network, and can be used by keyboard. The page's script is attention-page-client.js.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PAGE_STYLE } from './attention-page-style.js';
import { needSome } from './check.js';
import { sequential, sequentialOnDark } from './color.js';
import { checkMatrix, type Matrix } from './heat-panel.js';
import { escapeXml } from './svg.js';
import { plainText, visibleToken } from './text.js';

export interface AttentionPageOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Those that look, one a position, as the tokenizer gives them; whitespace is made visible here. */
  readonly tokens: readonly string[];
  /** Those that are looked at, where they are of another text (cross-attention); without, `tokens`. */
  readonly keys?: readonly string[];
  /** [layers][heads][queries][keys]; NaN is a gap. */
  readonly layers: readonly (readonly Matrix[])[];
}

/**
 * An HTML page for attention: choose a layer and a head, the average of a layer or of all; point at a cell, or move
 * with the arrow keys, and read tokens and weight. Weights are kept to 1/65534. Nothing is loaded from anywhere, which
 * the page's own security policy holds it to; tokens are text, whatever they contain.
 *
 * @throws RangeError without tokens, keys, layers or heads, when weights are not tokens × keys, or not from 0 to 1.
 */
export function attentionPage(options: AttentionPageOptions): string {
  const { title = 'Attention', subtitle = '', tokens, keys, layers } = options;
  needSome('tokens', tokens, 'token');
  if (keys) needSome('keys', keys, 'token');
  needSome('layers', layers, 'layer');
  const shades = Array.from({ length: 64 }, (_, i) => i / 63);
  const data = {
    queries: tokens.map(visibleToken),
    keys: keys?.map(visibleToken),
    heads: layers.map((heads) => heads.length),
    weights: pack(layers, tokens.length, (keys ?? tokens).length),
    light: shades.map(sequential),
    dark: shades.map(sequentialOnDark),
  };
  // Built, the script names a source map, which a browser's tools would look for.
  const script = readFileSync(new URL('./attention-page-client.js', import.meta.url), 'utf8').replace(
    /^\/\/# sourceMappingURL=.*$/m,
    '',
  );
  const policy =
    `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(PAGE_STYLE)}; ` +
    `base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(plainText(title))}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(plainText(title))}</h1>
<p>${escapeXml(plainText(subtitle))}</p>
<noscript><p>This page needs its script, which is in the page itself; it loads nothing.</p></noscript>
<fieldset id="layer"><legend>Layer</legend></fieldset>
<fieldset id="head"><legend>Head</legend></fieldset>
<div class="view">
<div>
<canvas id="matrix" tabindex="0" role="application" aria-label="Attention weights: arrow keys move from cell to cell, Home and End along the row, Page Up and Page Down from head to head" aria-describedby="detail"></canvas>
<div class="scale"><span>0</span><canvas id="colors" width="180" height="1"></canvas><span id="most">1</span>
<label>full colour at <select id="max"><option>1</option><option>0.5</option><option>0.2</option><option>0.1</option></select></label></div>
</div>
<div>
<div id="detail" aria-live="polite"></div>
<h2 id="top-title"></h2>
<table><tbody id="top"></tbody></table>
</div>
</div>
${keys ? '<section><h2>The text that looks</h2><div id="queries" class="text"></div></section>\n' : ''}<section><h2>The text, shaded by what the chosen query looks at</h2><div id="text" class="text"></div></section>
<section><h2>All heads</h2><div id="heads"></div></section>
</main>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** Weights as 16-bit parts of 65534, 65535 for none, in base64: a quarter of what their digits would take. */
function pack(layers: readonly (readonly Matrix[])[], queries: number, keys: number): string {
  const count = layers.reduce((sum, heads) => sum + heads.length, 0);
  const bytes = Buffer.alloc(count * queries * keys * 2);
  let at = 0;
  for (const [l, heads] of layers.entries()) {
    needSome(`layers[${l}]`, heads, 'head');
    for (const [h, head] of heads.entries()) {
      const what = `layers[${l}][${h}]`;
      checkMatrix(what, head, queries, keys);
      for (let i = 0; i < queries; i++) {
        for (let j = 0; j < keys; j++) {
          const weight = head[i][j];
          if (weight < 0 || weight > 1 + 1e-5) {
            throw new RangeError(
              `${what}[${i}][${j}] is ${weight}: expected an attention weight from 0 to 1`,
            );
          }
          bytes.writeUInt16LE(Number.isNaN(weight) ? 65535 : Math.round(Math.min(weight, 1) * 65534), at);
          at += 2;
        }
      }
    }
  }
  return bytes.toString('base64');
}

/** JSON that can stand in a script element: nothing in it ends the element or begins a comment. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The name by which the security policy allows this script or style, and no other. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}
