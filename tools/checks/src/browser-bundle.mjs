// Bundles each library for the browser: `node tools/checks/src/browser-bundle.mjs [LIBRARY …]`. A library fails if its main
// entry reaches a module of Node, or does not run without Node's globals. NODE_ONLY lists those that do, and fails when one
// no longer does.
import { build } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

const root = resolve(import.meta.dirname, '../../..');

/** Libraries whose main entry needs Node. */
const NODE_ONLY = ['native', 'command-line'];

/** What is called of a library, as an expression that is true. Its exports are `library`. */
const CALLS = {
  checkpoints: `(() => {
    const data = Float32Array.of(1, -2.5);
    const bytes = library.serializeSafetensors([['w\u00e9', { dtype: 'F32', shape: [2], data }]]);
    return library.parseSafetensors(bytes).tensors.get('w\u00e9').data[1] === -2.5;
  })()`,
  tokenizers: `(() => {
    const tokenizer = library.gpt2Tokenizer();
    const again = library.tokenizerFromJSON(JSON.parse(JSON.stringify(new library.CharTokenizer('abc').toJSON())));
    const text = 'Once upon a time \u00e9';
    return tokenizer.decode(tokenizer.encode(text)) === text && again.decode(again.encode('cab')) === 'cab';
  })()`,
  datasets: `(() => {
    const windows = library.slidingWindows(library.arraySource([1, 2, 3, 4, 5]), 2);
    return windows.count === 3 && library.textCorpus('a').train.text === 'a';
  })()`,
  plots: `library.heatMap({ values: [[0, 1]], rows: ['a'], columns: ['b', 'c'] }).toSVG().includes('<svg')`,
  random: `new library.Random(1).uniform() !== new library.Random(2).uniform()`,
  kernels: `typeof library.referenceKernels.matmul === 'function'`,
  stories: `Object.keys(library).length > 0`,
};

/** Globals that pages have too. */
const GLOBALS = { TextEncoder, TextDecoder, URL, atob: globalThis.atob, performance, console };

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

/** Runs a library without Node's globals; an error's text or undefined. */
async function runs(library, call) {
  const { outputFiles } = await build({
    ...optionsOf(library, new Set()),
    format: 'iife',
    globalName: 'library',
  });
  try {
    const result = runInNewContext(`${outputFiles[0].text};${call}`, { ...GLOBALS });
    return result === true ? undefined : `gives ${result} without Node's globals`;
  } catch (error) {
    return `without Node's globals: ${error.message}`;
  }
}

function optionsOf(library, reached) {
  return {
    stdin: {
      contents: `export * from '@lilformer/${library}';`,
      resolveDir: join(root, 'libs', library),
    },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@lilformer/source'],
    logLevel: 'silent',
    plugins: [withoutNode(reached)],
  };
}

async function bundle(library) {
  const reached = new Set();
  try {
    const { outputFiles } = await build(optionsOf(library, reached));
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
  if (CALLS[library]) problems.push(...[await runs(library, CALLS[library])].filter(Boolean));
  if (problems.length === 0) passed++;
  else failed++;
  console.log(
    `${library}: ${reached.length > 0 ? 'needs Node' : `${kB(bytes.length)}, ${kB(gzipSync(bytes).length)} compressed`}`,
  );
  for (const problem of problems) console.error(`  ${problem}`);
}
console.log(`${passed} libraries bundled as expected, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
