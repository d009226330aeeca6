// The commands that are killed: how each is started or continued, and what of its outcome has to be equal.
//
// A kind is a function of a work folder and a generator. It returns `variants`, `command(folder, variant, threads)`,
// `outcome(folder, variant)`, `leftovers(folder)`, and where needed `prepare(folder)` and `close()`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { readSafetensors, RunFolder } from '@lilformer/checkpoints';
import { openEngine } from '@lilformer/engine';
import { GPT2LMHeadModel, savePretrained } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { stories } from '@lilformer/stories';
import { CharTokenizer } from '@lilformer/tokenizers';
import { FakeHub } from '../../../../libs/models/src/testing/fake-hub.js';

const SMALL = '--d-model 32 --context-length 32 --batch-size 4 --vocab-size 400';
const COMMON = '--log-every 1 --save-every 0.1 --eval-every 15 --eval-batches 4 --sample-tokens 20 --seed 3';

/** Settings of training by variant: models, tokenizers, windows, optimizers, schedules. */
const TRAINING = {
  'nano-gpt with dropout and accumulation': `--model nano-gpt ${SMALL} --dropout 0.2 --gradient-accumulation-steps 2 --windows sliding --max-steps 60`,
  'gru on characters': `--model gru --tokenizer char --embed-size 16 --hidden-size 48 --context-length 32 --batch-size 8 --windows chunks --max-steps 80`,
  'mixture of experts': `--model moe-transformer ${SMALL} --router trained --max-steps 60`,
  'char-gpt with plateau': `--model char-gpt ${SMALL} --dropout 0.1 --schedule plateau --early-stopping-patience 30 --max-steps 60`,
  'tiny-transformer with sgd': `--model tiny-transformer ${SMALL} --tokenizer bpe-whitespace --optimizer sgd --windows sliding --max-steps 60`,
};

/** Names of fields that contain times or rates. */
const TIMES = new Set(['elapsed', 'eta', 'tokensPerSecond', 'peakMemory', 'date', 'savedAt']);

/** Training from files, resumed once there is a config.json. */
async function train(work) {
  const texts = writeTexts(work, 400_000, 60_000);
  return {
    variants: Object.keys(TRAINING),
    prepare: (folder) => void mkdirSync(folder, { recursive: true }),
    command(folder, variant, threads) {
      const args = existsSync(join(folder, 'run/config.json'))
        ? ['train', '--resume', 'run']
        : [
            ...['train', '--run', 'run', '--data', texts.train, '--valid', texts.valid],
            ...`${COMMON} ${TRAINING[variant]}`.split(' '),
          ];
      return { args, cwd: folder, env: environment(folder, threads) };
    },
    outcome: (folder) => outcomeOfRun(join(folder, 'run')),
    leftovers: (folder) => temporaryFiles(folder),
  };
}

/** The token cache of a text of 8 MB. */
async function encode(work) {
  const texts = writeTexts(work, 8_000_000, 60_000);
  return {
    variants: ['bpe', 'char'],
    prepare: (folder) => void mkdirSync(folder, { recursive: true }),
    command(folder, variant, threads) {
      const run = `run-${existsSync(folder) ? readdirSync(folder).length : 0}`;
      const args = [
        ...['train', '--run', run, '--data', texts.train, '--valid', texts.valid, '--tokenizer', variant],
        ...(variant === 'bpe' ? ['--vocab-size', '1000'] : []),
        ...'--max-steps 1 --eval-batches 1 --sample-tokens 0 --model bigram --d-model 8 --batch-size 1'.split(
          ' ',
        ),
      ];
      return { args, cwd: folder, env: environment(folder, threads) };
    },
    outcome: (folder) => hashes(join(folder, 'cache')),
    leftovers: (folder) => temporaryFiles(join(folder, 'cache')),
  };
}

/** A sweep of three runs, continued by the same command. */
async function sweep(work) {
  const texts = writeTexts(work, 400_000, 60_000);
  const file = join(work, 'sweep.json');
  writeFileSync(
    file,
    JSON.stringify({
      about: 'three small runs',
      preset: 'stories',
      settings: {
        ...{ dModel: 32, dFf: 64, contextLength: 32, batchSize: 4, maxSteps: 40, vocabSize: 400 },
        ...{ evalEvery: 20, evalBatches: 4, sampleTokens: 10, saveEvery: 0.1, logEvery: 5 },
      },
      runs: { baseline: {}, wider: { dModel: 48 }, deeper: { nLayers: 2 } },
    }),
  );
  return {
    variants: ['one at a time', 'two at a time'],
    prepare: (folder) => void mkdirSync(folder, { recursive: true }),
    command(folder, variant, threads) {
      // More threads than cores are an error.
      const [jobs, each] =
        variant === 'one at a time' ? ['1', Math.min(threads, availableParallelism())] : ['2', 1];
      const args = [
        ...['sweep', '--file', file, '--data', texts.train, '--valid', texts.valid, '--runs', 'runs'],
        ...['--jobs', jobs, '--threads', String(each)],
      ];
      return { args, cwd: folder, env: environment(folder, each) };
    },
    async outcome(folder) {
      const runs = {};
      for (const name of ['baseline', 'wider', 'deeper']) {
        runs[name] = await outcomeOfRun(join(folder, 'runs', name));
      }
      return { runs, report: existsSync(join(folder, 'runs/README.md')) };
    },
    leftovers: (folder) => temporaryFiles(folder),
  };
}

/** Export of a model of 20 million parameters. */
async function exportModel(work) {
  await writeGPT2(join(work, 'model'), 384, 11);
  return {
    variants: ['gpt2'],
    prepare: (folder) => void mkdirSync(folder, { recursive: true }),
    command: (folder, _variant, threads) => ({
      args: ['export', '--model', join(work, 'model'), '--to', 'exported'],
      cwd: folder,
      env: environment(folder, threads),
    }),
    outcome: (folder) => hashes(join(folder, 'exported')),
    leftovers: (folder) => temporaryFiles(folder),
  };
}

/** A download of 30 MB from a local imitation of the Hub. */
async function download(work) {
  const source = join(work, 'model');
  await writeGPT2(source, 256, 9);
  const hub = new FakeHub('kills/gpt2');
  for (const name of readdirSync(source)) hub.files.set(name, readFileSync(join(source, name)));
  hub.pause = 100;
  const endpoint = await hub.start();
  return {
    variants: ['gpt2'],
    prepare: (folder) => void mkdirSync(folder, { recursive: true }),
    command: (folder, _variant, threads) => ({
      args: ['generate', '--model', 'kills/gpt2', '--prompt', 'Once', '--max-new-tokens', '1'],
      cwd: folder,
      env: {
        ...environment(folder, threads),
        ...{ HF_HOME: join(folder, 'hf'), HF_ENDPOINT: endpoint, HF_HUB_CACHE: '', HF_HUB_OFFLINE: '' },
      },
    }),
    outcome: (folder) => hashes(join(folder, 'hf')),
    leftovers: (folder) => temporaryFiles(folder),
    close: () => hub.stop(),
  };
}

export const KINDS = { train, encode, sweep, export: exportModel, download };

function environment(folder, threads) {
  return { LILFORMER_CACHE: join(folder, 'cache'), LILFORMER_THREADS: String(threads) };
}

/** Training and validation text of the given sizes in bytes; returns their paths. */
function writeTexts(work, trainBytes, validBytes) {
  mkdirSync(work, { recursive: true });
  const paths = { train: join(work, 'train.txt'), valid: join(work, 'valid.txt') };
  const write = (path, seed, bytes) =>
    writeFileSync(path, [...stories({ seed, bytes })].join('\n<|endoftext|>\n'));
  write(paths.train, 1, trainBytes);
  write(paths.valid, 2, validBytes);
  return paths;
}

async function writeGPT2(folder, nEmbd, nLayer) {
  await openEngine();
  const tokenizer = CharTokenizer.fromText(
    Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join(''),
  );
  const model = new GPT2LMHeadModel(
    { vocabSize: tokenizer.vocabSize, nEmbd, nLayer, nHead: 4, nPositions: 128 },
    new Random(0),
  );
  await savePretrained(model, folder, { tokenizer });
  model.dispose();
}

/** Weights, state, log and samples of a run, without times and the number of threads. */
async function outcomeOfRun(path) {
  const folder = await RunFolder.open(path);
  const state = await folder.loadState();
  const metrics = await folder.readMetrics();
  const tokenizer = folder.tokenizer;
  await folder.close();
  const { tensors: best } = await readSafetensors(join(path, 'model.safetensors'));
  return timeless({
    state: state.state,
    tensors: digests(state.tensors),
    best: digests(best),
    metrics,
    tokenizer: JSON.stringify(tokenizer),
    samples: readFileSync(join(path, 'samples.txt'), 'utf8'),
    // The engine's description has its number of threads, and the load is that of the machine.
    result: { ...JSON.parse(readFileSync(join(path, 'result.json'), 'utf8')), engine: '', load: '' },
  });
}

function digests(tensors) {
  return Object.fromEntries(
    [...tensors].map(([name, { shape, data }]) => [
      name,
      `${shape} ${hash(Buffer.from(data.buffer, data.byteOffset, data.byteLength))}`,
    ]),
  );
}

function timeless(value) {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (TIMES.has(name) ? [] : [[name, timeless(item)]])),
  );
}

/** Hashes of all files of a folder by relative path. */
function hashes(folder) {
  return Object.fromEntries(files(folder).map((path) => [relative(folder, path), hash(readFileSync(path))]));
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Files that only an interrupted command leaves. */
function temporaryFiles(folder) {
  return files(folder)
    .filter((path) => /\.(tmp|incomplete|partial|part|lock)$|\.tmp[-.]|~$/.test(path))
    .map((path) => relative(folder, path));
}

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
