// The race of @lilformer/tokenizers against Hugging Face's `tokenizers` (Rust, called from Python).
//
//     npx nx run bench:tokenizers
//     npx nx run bench:tokenizers -- --python .venv/bin/python --rounds 5
//
// Round by round, first the peer and then we have the machine, each in a process of its own that trains on a corpus
// three times and encodes it three times, the fastest counting. The table has the fastest of all rounds. Both must
// make the same number of tokens of a text, else there is no race.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { measureOurs } from './tokenizers-ours.js';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const run = promisify(execFile);

/** One line of either side's output. */
interface Measurement {
  peer: string;
  corpus: string;
  bytes: number;
  tokenizer: string;
  train_s: number;
  tokens: number;
  encode_MBps: number;
  /** Theirs: line by line with all threads. */
  encode_batch_MBps?: number;
  /** Ours: the first time, before anything is compiled or remembered. */
  encode_first_MBps?: number;
}

const help = `Usage: npx nx run bench:tokenizers -- [options] [corpus.txt ...]

  --python FILE   Python with the package tokenizers (default $PYTHON, or python3)
  --peer FILE     the peer's script (default $LILFORMER_PEER, or ../shared/bench/peer_tokenizers.py beside the workspace)
  --rounds N      rounds of peer and us (default 3)

Without corpora: Tiny Shakespeare.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: 'string', default: process.env.PYTHON || 'python3' },
      peer: {
        type: 'string',
        default: process.env.LILFORMER_PEER || resolve(workspace, '../shared/bench/peer_tokenizers.py'),
      },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
      ours: { type: 'boolean', default: false }, // how this program calls itself for our side
    },
  });
  if (values.help) return console.log(help);
  if (values.ours) return measureOurs(positionals);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds ${values.rounds}: expected a whole number of at least 1`);
  }
  // A person's paths are relative to where they stand, which nx tells apart from where it runs.
  const standing = process.env.INIT_CWD ?? process.cwd();
  const peer = resolve(standing, values.peer);
  const corpora =
    positionals.length > 0
      ? positionals.map((path) => resolve(standing, path))
      : [resolve(workspace, 'tools/golden/data/tiny-shakespeare.txt')];
  for (const path of [peer, ...corpora]) {
    if (!existsSync(path)) throw new Error(`${path}: no such file; --help says how to pass another`);
  }
  const python = values.python.includes('/') ? resolve(standing, values.python) : values.python;
  await checkPeer(python);

  const load = loadavg()[0];
  const theirs = new Map<string, Measurement>();
  const ours = new Map<string, Measurement>();
  for (let round = 1; round <= rounds; round++) {
    for (const corpus of corpora) {
      process.stderr.write(`round ${round}/${rounds} | ${corpus}\n`);
      keepFastest(theirs, await measure(python, [peer, corpus]));
      const self = [
        '--conditions=@lilformer/source',
        '--import',
        'tsx',
        fileURLToPath(import.meta.url),
        '--ours',
        corpus,
      ];
      keepFastest(ours, await measure(process.execPath, self));
    }
  }
  for (const [key, own] of ours) {
    const other = theirs.get(key);
    if (other?.tokens !== own.tokens) {
      throw new Error(`${key}: we make ${own.tokens} tokens, they make ${other?.tokens}; nothing to compare`);
    }
  }
  console.log(table(ours, theirs));
  console.log(
    `\n${cpus()[0].model}, ${availableParallelism()} cores; Node ${process.versions.node} against ` +
      `${[...theirs.values()][0].peer}; fastest of ${rounds} rounds; load average ${load.toFixed(1)} before the race.`,
  );
}

async function checkPeer(python: string): Promise<void> {
  try {
    await run(python, ['-c', 'import tokenizers']);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      missing
        ? `${python}: no such program; pass --python FILE`
        : `${python} has no package tokenizers; run \`${python} -m pip install tokenizers\`, or pass --python FILE`,
      { cause: error },
    );
  }
}

async function measure(program: string, parameters: string[]): Promise<Measurement[]> {
  const { stdout } = await run(program, parameters, { cwd: workspace });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measurement);
}

function keepFastest(kept: Map<string, Measurement>, lines: readonly Measurement[]): void {
  for (const line of lines) {
    const key = `${line.corpus} | ${line.tokenizer}`;
    const before = kept.get(key) ?? line;
    const larger = (name: 'encode_MBps' | 'encode_batch_MBps' | 'encode_first_MBps'): number | undefined =>
      line[name] === undefined ? undefined : Math.max(line[name], before[name] ?? 0);
    kept.set(key, {
      ...line,
      train_s: Math.min(line.train_s, before.train_s),
      encode_MBps: larger('encode_MBps')!,
      encode_batch_MBps: larger('encode_batch_MBps'),
      encode_first_MBps: larger('encode_first_MBps'),
    });
  }
}

function table(ours: ReadonlyMap<string, Measurement>, theirs: ReadonlyMap<string, Measurement>): string {
  const rows = [...ours].map(([key, own]) => {
    const other = theirs.get(key)!;
    const ratio = (value: number): string => `${value.toFixed(1)}×`;
    return [
      own.corpus,
      own.tokenizer,
      `${own.train_s.toFixed(3)} s`,
      `${other.train_s.toFixed(3)} s`,
      ratio(other.train_s / own.train_s),
      `${own.encode_MBps.toFixed(1)} (first ${own.encode_first_MBps!.toFixed(1)})`,
      `${other.encode_MBps.toFixed(1)} (batch ${other.encode_batch_MBps!.toFixed(1)})`,
      ratio(own.encode_MBps / other.encode_MBps),
    ];
  });
  const head = [
    'corpus',
    'tokenizer',
    'train, ours',
    'theirs',
    'ratio',
    'encode MB/s, ours',
    'theirs',
    'ratio',
  ];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
