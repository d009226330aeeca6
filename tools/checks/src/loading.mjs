// How fast large weights are read, and how much memory that takes: a GPT-2 with random weights is written (124M parameters,
// 500 MB, unless --layers says fewer), then read four ways, each in a process of its own: the bytes alone, array by array
// (`openWeights`), and into a model (`loadModel`) in float32 and in bf16. In one file, and in five.
//
// `npx nx run checks:loading`
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openWeights, writeSafetensors } from '@lilformer/checkpoints';

const { values: flags } = parseArgs({
  options: { layers: { type: 'string', default: '12' }, way: { type: 'string' }, path: { type: 'string' } },
});
const SHARDS = 5;
const REPEATS = 3;

if (flags.way !== undefined) await child(flags.way, flags.path);
else await measure();

/** Reads once, and says how long it took and what the process held at most, in bytes above what it held before. */
async function child(way, path) {
  // A child starts with what its parent held at most: who starts the readers must hold little.
  if (way === 'write') return write(join(path, 'one'), join(path, 'several'));
  let model;
  let load = { plain: readPlainly, arrays: readArrays }[way];
  if (way === 'model' || way === 'bf16') {
    const { openEngine } = await import('@lilformer/engine');
    const { loadModel } = await import('@lilformer/models');
    await openEngine();
    const dtype = way === 'bf16' ? 'bf16' : 'float32';
    load = async (folder) => (model = (await loadModel(folder, { dtype })).model);
  }
  globalThis.gc();
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const processor = process.cpuUsage();
  await load(path);
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(processor);
  // The most that the process ever held, in KiB; starting up takes less than a model.
  const most = process.resourceUsage().maxRSS * 1024 - before;
  console.log(
    JSON.stringify({ ms, processorMs: (user + system) / 1e3, most, parameters: model?.parameterCount() }),
  );
}

/** As fast as a file can be read: in pieces, into one buffer. */
function readPlainly(folder) {
  const path = join(folder, 'model.safetensors');
  const buffer = Buffer.alloc(1 << 23);
  const file = openSync(path);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

/** Each array alone, let go at once. */
async function readArrays(folder) {
  const weights = await openWeights(join(folder, 'model.safetensors'));
  let sum = 0;
  for (const name of weights.entries.keys()) sum += (await weights.read(name)).data.length;
  await weights.close();
  return sum;
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'lilformer-loading-'));
  try {
    const [one, several] = [join(folder, 'one'), join(folder, 'several')];
    run('write', folder);
    const bytes = statSync(join(one, 'model.safetensors')).size;
    console.log(`${(bytes / 1e6).toFixed(0)} MB, fastest of ${REPEATS}, in the system's cache`);
    console.log(
      '| way | time | of the processor | MB/s | beside a plain read | memory at most | of the weights |',
    );
    console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
    const ways = [
      ['plain read', 'plain', one],
      ['array by array', 'arrays', one],
      ['into a model', 'model', one],
      [`into a model, from ${SHARDS} files`, 'model', several],
      ['into a model in bf16', 'bf16', one],
    ];
    const best = new Map();
    for (let i = 0; i < REPEATS; i++) {
      for (const [label, way, path] of ways) {
        const result = run(way, path);
        if (result.ms < (best.get(label)?.ms ?? Infinity)) best.set(label, result);
      }
    }
    const plain = best.get('plain read').ms;
    for (const [label, { ms, processorMs, most }] of best) {
      const cells = [
        `${ms.toFixed(0)} ms`,
        `${processorMs.toFixed(0)} ms`,
        (bytes / 1e3 / ms).toFixed(0),
        (ms / plain).toFixed(2),
      ];
      console.log(
        `| ${[label, ...cells, `${(most / 1e6).toFixed(0)} MB`, (most / bytes).toFixed(2)].join(' | ')} |`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(way, path) {
  const args = ['--expose-gc', '--conditions=@lilformer/source', '--import', import.meta.resolve('tsx')];
  const own = [import.meta.filename, '--way', way, '--path', path, '--layers', flags.layers];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...own], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout === '' ? undefined : JSON.parse(stdout.trim().split('\n').at(-1));
}

/** The published sizes and names of GPT-2, numbers of no meaning. */
async function write(one, several) {
  const [width, vocab, positions, layers] = [768, 50257, 1024, Number(flags.layers)];
  const shapes = [
    ['transformer.wte.weight', [vocab, width]],
    ['transformer.wpe.weight', [positions, width]],
    ...Array.from({ length: layers }, (_, i) =>
      [
        ['ln_1.weight', [width]],
        ['ln_1.bias', [width]],
        ['attn.c_attn.weight', [width, 3 * width]],
        ['attn.c_attn.bias', [3 * width]],
        ['attn.c_proj.weight', [width, width]],
        ['attn.c_proj.bias', [width]],
        ['ln_2.weight', [width]],
        ['ln_2.bias', [width]],
        ['mlp.c_fc.weight', [width, 4 * width]],
        ['mlp.c_fc.bias', [4 * width]],
        ['mlp.c_proj.weight', [4 * width, width]],
        ['mlp.c_proj.bias', [width]],
      ].map(([name, shape]) => [`transformer.h.${i}.${name}`, shape]),
    ).flat(),
    ['transformer.ln_f.weight', [width]],
    ['transformer.ln_f.bias', [width]],
  ];
  const arrays = shapes.map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    for (let i = 0; i < data.length; i++) data[i] = ((i * 2654435761) % 1000) / 25000 - 0.02;
    return [name, { dtype: 'F32', shape, data }];
  });
  const config = {
    ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', vocab_size: vocab, n_embd: width },
    ...{ n_head: 12, n_layer: layers, n_positions: positions },
  };
  for (const folder of [one, several]) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  }
  await writeSafetensors(join(one, 'model.safetensors'), arrays);
  const size = Math.ceil(arrays.length / SHARDS);
  const map = {};
  for (let i = 0; i < SHARDS; i++) {
    const part = arrays.slice(i * size, (i + 1) * size);
    const name = `model-0000${i + 1}-of-0000${SHARDS}.safetensors`;
    for (const [key] of part) map[key] = name;
    await writeSafetensors(join(several, name), part);
  }
  writeFileSync(join(several, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
}
