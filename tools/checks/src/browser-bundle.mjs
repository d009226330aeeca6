// Bundles each library for the browser: `node tools/checks/src/browser-bundle.mjs [LIBRARY …]`. A library fails if its main
// entry reaches a module of Node. NODE_ONLY lists those that do, and fails when one no longer does.
import { build } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = resolve(import.meta.dirname, '../../..');

/** Libraries whose main entry needs Node. */
const NODE_ONLY = [
  'native',
  'command-line',
  'checkpoints',
  'tokenizers',
  'datasets',
  'plots',
  'layers',
  'models',
  'training',
  'sampling',
  'evaluation',
];

/**
 * Resolves Node's modules to empty ones, and remembers which of our files import them. Packages declare themselves which they
 * can do without in a browser.
 */
function withoutNode(reached) {
  return {
    name: 'without-node',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        if (!isBuiltin(path) || (importer.includes('node_modules') && !path.startsWith('node:')))
          return undefined;
        reached.add(`${importer.slice(root.length + 1)} imports ${path}`);
        return { path, namespace: 'node' };
      });
      build.onLoad({ filter: /.*/, namespace: 'node' }, () => ({ contents: 'module.exports = {}' }));
    },
  };
}

async function bundle(library) {
  const folder = join(root, 'libs', library);
  const reached = new Set();
  const options = {
    stdin: { contents: `export * from '@lilformer/${library}';`, resolveDir: folder },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@lilformer/source'],
    logLevel: 'silent',
    plugins: [withoutNode(reached)],
  };
  try {
    const { outputFiles } = await build(options);
    return { bytes: outputFiles[0].contents, reached: [...reached] };
  } catch (error) {
    for (const { location, text } of error.errors ?? []) reached.add(`${location?.file}: ${text}`);
    if (reached.size === 0) throw error;
    return { bytes: new Uint8Array(), reached: [...reached] };
  }
}

const asked = process.argv.slice(2);
const published = readdirSync(join(root, 'libs')).filter(
  (name) => !JSON.parse(readFileSync(join(root, 'libs', name, 'package.json'), 'utf8')).private,
);
let failed = 0;
let passed = 0;
for (const library of published.filter((name) => asked.length === 0 || asked.includes(name))) {
  const { bytes, reached } = await bundle(library);
  const kB = (size) => `${(size / 1000).toFixed(0)} kB`;
  const problems = NODE_ONLY.includes(library)
    ? reached.length > 0
      ? []
      : ['listed as needing Node, and does not']
    : reached;
  if (problems.length === 0) passed++;
  else failed++;
  console.log(
    `${library}: ${reached.length > 0 ? 'needs Node' : `${kB(bytes.length)}, ${kB(gzipSync(bytes).length)} compressed`}`,
  );
  for (const problem of problems) console.error(`  ${problem}`);
}
console.log(`${passed} libraries bundled as expected, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
