// BPE training and encoding by @lilformer/tokenizers and Hugging Face `tokenizers` side by side:
// `npx nx run bench:tokenizers -- --help`.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ownProgram, peerScript, run, type Command } from './child.js';
import { circumstances, describeCircumstances } from './machine.js';
import { programPath, runMain, userPath, wholeNumber } from './options.js';
import { race } from './race.js';
import { digits, table, times } from './table.js';
import { workspace } from './workloads.js';

/** Output line of both sides. */
interface Measurement {
  peer: string;
  corpus: string;
  tokenizer: string;
  train_s: number;
  tokens: number;
  encode_MBps: number;
  /** Hugging Face: encode_batch_fast on lines, with all threads. */
  encode_batch_MBps?: number;
  /** lilformer: the first encoding in the process. */
  encode_first_MBps?: number;
}

const help = `Usage: npx nx run bench:tokenizers -- [options] [corpus.txt ...]

  --python FILE   a Python with the package tokenizers (default: python3)
  --rounds N      (default 3)

Default corpus: Tiny Shakespeare.`;

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: 'string', default: 'python3' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const corpora =
    positionals.length > 0
      ? positionals.map(userPath)
      : [resolve(workspace, 'tools/golden/data/tiny-shakespeare.txt')];
  const about = circumstances('tokenizers');
  const best = { ours: new Map<string, Measurement>(), peer: new Map<string, Measurement>() };
  const entry = (side: 'ours' | 'peer', corpus: string, command: Command) => ({
    subject: corpus,
    contestant: side,
    async run(signal: AbortSignal) {
      const { stdout } = await run(command, signal);
      for (const line of stdout.trim().split('\n')) keepBest(best[side], JSON.parse(line) as Measurement);
    },
  });
  const python = programPath(values.python);
  const entries = corpora.flatMap((corpus) => [
    entry('peer', corpus, { program: python, parameters: [peerScript('tokenizers_peer.py'), corpus] }),
    entry('ours', corpus, ownProgram('./tokenizers-ours.ts', [corpus])),
  ]);
  const { failures } = await race(entries, wholeNumber('rounds', values.rounds));
  for (const message of Object.values(failures)) throw new Error(message);

  const rows = [...best.ours].map(([key, own]) => {
    const other = best.peer.get(key);
    if (other?.tokens !== own.tokens)
      throw new Error(`${key}: ${own.tokens} tokens, Hugging Face has ${other?.tokens}: not the same result`);
    return [
      key,
      digits(own.train_s),
      `${digits(other.train_s)} (${times(other.train_s / own.train_s)})`,
      `${digits(own.encode_MBps)} (first ${digits(own.encode_first_MBps)})`,
      `${digits(other.encode_MBps)} (batch ${digits(other.encode_batch_MBps)})`,
      times(own.encode_MBps / other.encode_MBps),
    ];
  });
  console.log(`${describeCircumstances(about)} ${[...best.peer.values()][0].peer}; fastest round.\n`);
  const head = ['corpus', 'train s', 'Hugging Face', 'encode MB/s', 'Hugging Face', 'ratio'];
  console.log(`${table(head, rows)}\n\n    ${about.command}`);
});

function keepBest(best: Map<string, Measurement>, now: Measurement): void {
  const key = `${now.corpus} ${now.tokenizer}`;
  const before = best.get(key) ?? now;
  const larger = (name: 'encode_MBps' | 'encode_batch_MBps' | 'encode_first_MBps') =>
    now[name] === undefined ? undefined : Math.max(now[name], before[name] ?? 0);
  best.set(key, {
    ...now,
    train_s: Math.min(now.train_s, before.train_s),
    encode_MBps: larger('encode_MBps')!,
    encode_batch_MBps: larger('encode_batch_MBps'),
    encode_first_MBps: larger('encode_first_MBps'),
  });
}
