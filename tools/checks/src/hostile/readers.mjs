// How each format is read. A reader gets the path of a damaged file and returns, or throws an error.
import { basename, dirname, join } from 'node:path';
import { openWeights, readPyTorch, readSafetensors, readWeights, RunFolder } from '@lilformer/checkpoints';
import { openTokenFile, readDocuments } from '@lilformer/datasets';
import { loadModel } from '@lilformer/models';
import { loadTokenizer } from '@lilformer/tokenizers';

function use({ model, tokenizer }, path) {
  model.dispose();
  if (tokenizer) encode(tokenizer, path);
}

/** Encodes and decodes. Errors are about the text then, and need not name the file. */
function encode(tokenizer, path) {
  try {
    tokenizer.decode(tokenizer.encode('the cat sat on the mat'));
  } catch (error) {
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}

/**
 * By format: `names` matches the files that are damaged, `read` are the readers of one.
 *
 * @type {Record<string, { names: RegExp, read: ((path: string) => Promise<unknown>)[] }>}
 */
export const READERS = {
  safetensors: {
    names: /\.safetensors$/,
    read: [
      (path) => readSafetensors(path),
      async (path) => {
        const file = await openWeights(path);
        try {
          for (const [name] of file.entries) await file.read(name);
        } finally {
          await file.close();
        }
      },
      async (path) => use(await loadModel(path, { config: { nHeads: 2 } }), path),
    ],
  },
  pytorch: {
    names: /\.(pt|pkl)$/,
    read: [
      (path) => readWeights(path),
      (path) => readPyTorch(path),
      async (path) => use(await loadModel(path, { config: { nHeads: 2 } }), path),
    ],
  },
  tokenizer: {
    names: /\.json$/,
    read: [
      async (path) => {
        encode(await loadTokenizer(path), path);
      },
    ],
  },
  pretrained: { names: /./, read: [async (path) => use(await loadModel(dirname(path)), path)] },
  run: {
    names: /\.(json|jsonl|safetensors)$/,
    read: [
      async (path) => use(await loadModel(dirname(path)), path),
      async (path) => {
        const run = await RunFolder.open(dirname(path));
        await run.loadState();
        await run.loadBest();
        await run.readMetrics();
      },
    ],
  },
  text: { names: /./, read: [readAll] },
  parquet: { names: /\.parquet$/, read: [readAll] },
  tokens: {
    names: /\.bin$/,
    read: [
      async (path) => {
        const file = openTokenFile(path);
        await file.read(0, Math.min(file.length, 1000));
        file.close?.();
      },
    ],
  },
};

async function readAll(path) {
  for await (const _ of readDocuments(path));
}

/** What is wrong with an error; undefined if it is as it should be. */
export function faultOf(error, path) {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { message } = error;
  const unclear =
    /\bundefined\b|\[object |(?<!which )is not a function|Cannot (read|set|destructure|convert|access)|not iterable|call stack|Invalid (array|typed array|string) length|Array buffer allocation|\bNaN\b|^$/.exec(
      message,
    );
  if (unclear) return `unclear error (${error.constructor.name}): ${message}`;
  const names = [basename(path), basename(dirname(path)), join(dirname(path))];
  if (!names.some((name) => message.includes(name))) return `names no file: ${message}`;
  return undefined;
}
