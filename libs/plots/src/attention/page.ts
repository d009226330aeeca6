// Interactive page for the attention of a model: one self-contained HTML file. Its script is
// page-client.js, which scripts/embed-page.mjs embeds in page-script.ts.
import { checkMatrix, type Matrix } from '../charts/heat-panel.js';
import { requireItems, requireOptions } from '../drawing/check.js';
import { sequential, sequentialOnDark } from '../drawing/color.js';
import { escapeXml } from '../drawing/svg.js';
import { plainText, visibleToken } from '../drawing/text.js';
import { PAGE_SCRIPT, SCRIPT_HASH, STYLE_HASH } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';

export interface AttentionPageOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Query tokens as the tokenizer returns them; whitespace is made visible. */
  readonly tokens: readonly string[];
  /** Key tokens of cross-attention; default `tokens`. */
  readonly keys?: readonly string[];
  /** [layers][heads][queries][keys]; NaN is a gap. */
  readonly layers: readonly (readonly Matrix[])[];
}

/**
 * HTML page to explore attention weights by layer, head, query and key, with mouse or keyboard. Weights are rounded to
 * 1/65534. A content security policy blocks all external requests.
 *
 * @throws RangeError without tokens, keys, layers or heads, for weights of another shape than [tokens][keys], or outside 0 to 1
 */
export function attentionPage(options: AttentionPageOptions): string {
  requireOptions(options, ['tokens', 'keys', 'layers']);
  const { title = 'Attention', subtitle = '', tokens, keys, layers } = options;
  requireItems('tokens', tokens, 'token');
  if (keys) requireItems('keys', keys, 'token');
  requireItems('layers', layers, 'layer');
  const positions = Array.from({ length: 64 }, (_, i) => i / 63);
  const data = {
    queries: tokens.map(visibleToken),
    keys: keys?.map(visibleToken),
    heads: layers.map((heads) => heads.length),
    weights: pack(layers, tokens.length, (keys ?? tokens).length),
    light: positions.map(sequential),
    dark: positions.map(sequentialOnDark),
  };
  const policy =
    `default-src 'none'; script-src ${SCRIPT_HASH}; style-src ${STYLE_HASH}; ` +
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
<noscript><p>This page needs JavaScript.</p></noscript>
<fieldset id="layer"><legend>Layer</legend></fieldset>
<fieldset id="head"><legend>Head</legend></fieldset>
<div class="view">
<div>
<canvas id="matrix" tabindex="0" role="application" aria-label="Attention weights: arrow keys move from cell to cell, Home and End along the row, Page Up and Page Down from head to head" aria-describedby="detail"></canvas>
<div class="scale"><span>0</span><canvas id="colors" width="180" height="1"></canvas><span id="most">1</span>
<label>darkest color at <select id="max"><option>1</option><option>0.5</option><option>0.2</option><option>0.1</option></select></label></div>
</div>
<div>
<div id="detail" aria-live="polite"></div>
<h2 id="top-title"></h2>
<table><tbody id="top"></tbody></table>
</div>
</div>
${keys ? '<section><h2>Queries</h2><div id="queries" class="text"></div></section>\n' : ''}<section><h2>Attention of the selected query</h2><div id="text" class="text"></div></section>
<section><h2>All heads</h2><div id="heads"></div></section>
</main>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script type="module">${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Encodes weights as 16-bit multiples of 1/65534, NaN as 65535, in base64. */
function pack(layers: readonly (readonly Matrix[])[], queries: number, keys: number): string {
  const count = layers.reduce((sum, heads) => sum + heads.length, 0);
  const bytes = new DataView(new ArrayBuffer(count * queries * keys * 2));
  let offset = 0;
  for (const [l, heads] of layers.entries()) {
    requireItems(`layers[${l}]`, heads, 'head');
    for (const [h, head] of heads.entries()) {
      const setting = `layers[${l}][${h}]`;
      checkMatrix(setting, head, queries, keys);
      for (let i = 0; i < queries; i++) {
        for (let j = 0; j < keys; j++) {
          const weight = head[i][j];
          if (weight < 0 || weight > 1 + 1e-5) {
            throw new RangeError(
              `${setting}[${i}][${j}]: ${weight}. Expected an attention weight from 0 to 1.`,
            );
          }
          bytes.setUint16(
            offset,
            Number.isNaN(weight) ? 65535 : Math.round(Math.min(weight, 1) * 65534),
            true,
          );
          offset += 2;
        }
      }
    }
  }
  let binary = '';
  for (const byte of new Uint8Array(bytes.buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Serializes JSON for a script element, without sequences that end the element or begin a comment. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
