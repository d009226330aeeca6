// Measures, by hand, the encoding of a corpus larger than memory should hold: makes a text of so many
// megabytes, trains a byte-level BPE of 4096 entries on its beginning, encodes it in a process of its own,
// and prints rate and peak memory. Not a test: two gigabytes take minutes.
//
//   npm run measure-encoding -w libs/datasets -- [MEGABYTES] [WORKERS] [FOLDER]
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, statSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@lilformer/random';
import { byteLevel, loadTokenizer, saveTokenizer, trainBpe } from '@lilformer/tokenizers';
import { encodeToFile } from '../encoding/encode-file.js';
import { readDocuments } from '../documents/read-documents.js';

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'encode') await encode(rest[0], rest[1], Number(rest[2]));
else await prepareAndRun(Number(mode ?? 2000), Number(rest[0] ?? availableParallelism()), rest[1]);

async function prepareAndRun(megabytes: number, workers: number, folder = join(tmpdir(), 'lilformer-large')) {
  mkdirSync(folder, { recursive: true });
  const text = join(folder, `${megabytes}mb.txt`);
  const json = join(folder, 'tokenizer.json');
  if (statSync(text, { throwIfNoEntry: false }) === undefined) await writeStories(text, megabytes * 1e6);
  const sample = readDocuments(text, { maxCharacters: 4_000_000 });
  await saveTokenizer(
    json,
    await trainBpe(sample, { vocabSize: 4096, preTokenizer: byteLevel(), specialTokens: ['<|endoftext|>'] }),
  );
  const flags = ['--conditions=@lilformer/source', '--import', 'tsx', fileURLToPath(import.meta.url)];
  spawnSync(process.execPath, [...flags, 'encode', text, json, String(workers)], { stdio: 'inherit' });
}

async function encode(text: string, json: string, workers: number) {
  const tokenizer = await loadTokenizer(json);
  const start = performance.now();
  const tokens = await encodeToFile({ files: [text] }, tokenizer, `${text}.tokens`, { workers });
  const seconds = (performance.now() - start) / 1000;
  const bytes = statSync(text).size;
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, ${workers} workers`,
  );
  console.log(`${bytes.toLocaleString('en-US')} bytes, ${tokens.toLocaleString('en-US')} tokens`);
  console.log(`${seconds.toFixed(1)} s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`);
  console.log(
    `peak memory of the process, all threads: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  );
}

/** Stories of made-up words with the frequencies of a language (Zipf), never the same twice. */
async function writeStories(path: string, bytes: number) {
  const random = new Random('large');
  const syllables = [
    'ba',
    'lo',
    'mi',
    'ter',
    'su',
    'kan',
    'rel',
    'do',
    'vi',
    'ne',
    'po',
    'sha',
    'té',
    'ü',
    'grim',
  ];
  const words = Array.from({ length: 30_000 }, () =>
    Array.from({ length: 1 + random.integer(4) }, () => syllables[random.integer(syllables.length)]).join(''),
  );
  const out = createWriteStream(path);
  let written = 0;
  while (written < bytes) {
    const sentences: string[] = [];
    for (let i = 8 + random.integer(8); i > 0; i--) {
      const sentence = Array.from(
        { length: 5 + random.integer(12) },
        () => words[Math.floor(words.length ** random.uniform()) - 1],
      );
      sentences.push(`${sentence.join(' ')}.`);
    }
    const story = `${sentences.join(' ')}\n<|endoftext|>\n`;
    written += Buffer.byteLength(story);
    if (!out.write(story)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}
