// Writes src/attention/page-script.ts: the script of the attention page, and the hashes of script and style that its content
// security policy names. `node scripts/embed-page.mjs`, after a change of page-client.js or page-style.ts.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';

const folder = resolve(import.meta.dirname, '../src/attention');
const path = join(folder, 'page-script.ts');

/** The text of page-script.ts. */
export async function embeddedPage() {
  const client = readFileSync(join(folder, 'page-client.js'), 'utf8');
  const script = transformSync(client, { minify: true, target: 'es2022', legalComments: 'none' }).code.trim();
  const style = transformSync(readFileSync(join(folder, 'page-style.ts'), 'utf8'), { loader: 'ts' }).code;
  const { PAGE_STYLE } = await import(`data:text/javascript,${encodeURIComponent(style)}`);
  const hash = (/** @type {string} */ text) =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return `// Written by scripts/embed-page.mjs.
// prettier-ignore
export const PAGE_SCRIPT = ${JSON.stringify(script)};

/** Sources of a content security policy that allow only this script and this style. */
export const SCRIPT_HASH = ${JSON.stringify(hash(script))};
export const STYLE_HASH = ${JSON.stringify(hash(PAGE_STYLE))};
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(path, await embeddedPage());
