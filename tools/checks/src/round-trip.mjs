// Models between here and Python's transformers, both ways, with the real one: what it saves loads here to the same logits,
// trains here, and is read there again; what is trained and exported here is read there, with its tokenizer.
//
// `npx nx run checks:round-trip -- --python .venv/bin/python` (pip install torch transformers). The tests hold the same
// against files that transformers wrote; this holds it against the program.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSafetensors, writeSafetensors } from '@lilformer/checkpoints';
import { arraySource, slidingWindows } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { loadModel, savePretrained } from '@lilformer/models';
import { train } from '@lilformer/training';

const root = resolve(import.meta.dirname, '../../..');
const { values: flags } = parseArgs({ options: { python: { type: 'string' } } });
if (flags.python === undefined) {
  console.error('--python: expected the Python that has torch and transformers, such as .venv/bin/python');
  process.exit(2);
}
/** Rounding of single precision in another order, in parts of the largest logit. */
const LIMIT = 3e-5;
const TEXTS = ['Once upon a time', "The cat didn't sleep, at 5 o'clock!", '  two  spaces\n', 'naïve 🙂'];

const folder = mkdtempSync(join(tmpdir(), 'lilformer-round-trip-'));
const [theirs, back] = [join(folder, 'theirs'), join(folder, 'back')];
mkdirSync(theirs);
mkdirSync(back);
const rows = [];

try {
  const engine = await openEngine();
  console.log(`engine ${engine.describe()}`);
  console.log(python('make', theirs));
  for (const family of ['gpt2', 'bert', 'bart', 't5']) {
    const { model } = await loadModel(join(theirs, family));
    const { tensors } = await readSafetensors(join(theirs, family, 'ask.safetensors'));
    note(
      `${family}: saved there, loaded here`,
      difference(logitsOf(model, tensors), tensors.get('logits').data),
    );
    await ask(family, model, tensors);
    if (family === 'gpt2') await fineTune(model, tensors);
    model.dispose();
  }
  for (const type of ['gpt2', 'nano-gpt']) await trainAndExport(type);

  python('read', back);
  const names = ['gpt2', 'bert', 'bart', 't5', 'gpt2-trained-further', 'exported-gpt2', 'exported-nano-gpt'];
  for (const name of names) {
    const ours = await readSafetensors(join(back, name, 'expected.safetensors'));
    const answer = await readSafetensors(join(back, name, 'answer.safetensors'));
    note(
      `${name}: saved here, loaded there`,
      difference(answer.tensors.get('logits').data, ours.tensors.get('logits').data),
    );
    if (name.startsWith('exported')) await compareTokenizers(name);
  }
} finally {
  rmSync(folder, { recursive: true });
}
const failed = rows.filter(({ good }) => !good);
console.log(failed.length === 0 ? 'all as it should be' : `${failed.length} of ${rows.length} are wrong`);
process.exitCode = failed.length === 0 ? 0 : 1;

function python(...args) {
  const script = join(root, 'tools/checks/src/round_trip.py');
  const { status, stdout, stderr } = spawnSync(resolve(flags.python), [script, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`python ${args[0]} failed:\n${stderr}`);
  return stdout.trim();
}

function note(what, value, good = value < LIMIT) {
  rows.push({ good });
  const shown =
    typeof value === 'number' ? `largest difference ${value.toExponential(1)} of the largest logit` : value;
  console.log(`${good ? 'ok   ' : 'WRONG'} ${what}: ${shown}`);
}

function difference(a, b) {
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return b.reduce((most, value, i) => Math.max(most, Math.abs(a[i] - value)), 0) / largest;
}

function logitsOf(model, tensors) {
  return tf.tidy(() => {
    const [ids, decoderIds] = ['ids', 'decoder_ids'].map((name) => {
      const array = tensors.get(name);
      return array && tf.tensor2d(Int32Array.from(array.data, Number), array.shape, 'int32');
    });
    return model
      .evaluating(() => (decoderIds ? model.forward(ids, decoderIds) : model.forward(ids)))
      .dataSync();
  });
}

/** Saves a model for Python, with inputs and what they give here. */
async function ask(name, model, tensors, saved) {
  const path = join(back, name);
  if (saved) cpSync(saved, path, { recursive: true });
  else await savePretrained(model, path);
  const inputs = [...tensors].filter(([key]) => key !== 'logits');
  await writeSafetensors(join(path, 'ask.safetensors'), inputs);
  const data = Float32Array.from(logitsOf(model, tensors));
  await writeSafetensors(join(path, 'expected.safetensors'), [
    ['logits', { dtype: 'F32', shape: [data.length], data }],
  ]);
}

/** Trains what was saved there a little further. */
async function fineTune(model, tensors) {
  const text = Uint32Array.from({ length: 2000 }, (_, i) => (i * i) % 97);
  const windows = slidingWindows(arraySource(text), 16);
  const losses = [];
  const steps = train({
    model,
    train: windows,
    batchSize: 8,
    schedule: 0.003,
    maxSteps: 60,
  });
  for await (const event of steps) if (event.type === 'step') losses.push(event.loss);
  const [first, last] = [losses[0], losses.at(-1)];
  note(
    'gpt2: saved there, trained here',
    `loss ${first.toFixed(3)}, after 60 steps ${last.toFixed(3)}`,
    last < first / 2,
  );
  await ask('gpt2-trained-further', model, tensors);
}

/** A run of the trainer's, exported. */
async function trainAndExport(type) {
  const [run, to] = [join(folder, `run-${type}`), join(folder, `exported-${type}`)];
  const program = (...args) => {
    const main = join(root, 'apps/lilformer/src/main.ts');
    const options = ['--conditions=@lilformer/source', '--import', import.meta.resolve('tsx'), main, ...args];
    const { status, stderr } = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`trainer ${args[0]} failed:\n${stderr}`);
  };
  const flags = {
    gpt2: ['--n-layer', '2', '--n-embd', '32', '--n-head', '2', '--vocab-size', '400'],
    'nano-gpt': ['--n-layers', '2', '--d-model', '32', '--n-heads', '2', '--tokenizer', 'char'],
  };
  const data = ['--story-bytes', '100000', '--context-length', '24', '--max-steps', '40'];
  program('train', '--run', run, '--model', type, ...data, ...flags[type]);
  program('export', '--model', run, '--to', to);
  const { model, tokenizer: own } = await loadModel(to);
  const ids = BigInt64Array.from(own.encode('Once upon a time there was a little').slice(0, 9), BigInt);
  const tensors = new Map([['ids', { dtype: 'I64', shape: [1, ids.length], data: ids }]]);
  await ask(`exported-${type}`, model, tensors, to);
  const texts = TEXTS.filter((text) => type === 'gpt2' || /^[\x20-\x7e]*$/.test(text));
  writeFileSync(join(back, `exported-${type}`, 'texts.json'), JSON.stringify(texts));
  model.dispose();
}

async function compareTokenizers(name) {
  const { tokenizer, model } = await loadModel(join(back, name));
  model.dispose();
  const json = (file) => JSON.parse(readFileSync(join(back, name, file), 'utf8'));
  const answer = json('answer.json');
  const ids = json('texts.json').map((text) => [...tokenizer.encode(text)]);
  const decoded = ids.map((row) => tokenizer.decode(row, { skipSpecialTokens: false }));
  const same = JSON.stringify([ids, decoded]) === JSON.stringify([answer.ids, answer.decoded]);
  const count = ids.flat().length;
  note(
    `${name}: tokenizer there (${answer.kind})`,
    same ? `the same ${count} ids and texts` : JSON.stringify([ids, decoded, answer]),
    same,
  );
}
