// What the checks of documents share: commands of a page as processes, text to train on, and reports in vitest's format.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');

/** Arguments of Node that run TypeScript and the sources of the libraries. */
export const SOURCES = [
  '--conditions=@lilformer/source',
  '--import',
  pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href,
];

/** Splits a line as a shell does: words, quoted ones whole. */
export function wordsOf(line) {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain,
  );
}

/**
 * `npx nx run app:target -- --flag` or `npx lilformer command --flag` as `{ target, args }`, where args are those of the process
 * that it starts.
 */
export function commandOf(line) {
  const words = wordsOf(line);
  const files = (flags) => flags.map((flag) => (flag.startsWith('apps/') ? join(root, flag) : flag));
  if (words[0] === 'npx' && words[1] === 'lilformer') {
    const flags = words.slice(2);
    return { target: 'lilformer', flags, args: ['apps/lilformer/bin/lilformer.js', ...files(flags)] };
  }
  const [npx, nx, run, target, dashes, ...flags] = words;
  if (`${npx} ${nx} ${run}` !== 'npx nx run' || (dashes !== undefined && dashes !== '--')) {
    throw new Error(
      `${line}: expected a command such as: npx lilformer train --flag, or npx nx run app:target -- --flag`,
    );
  }
  const [app, name] = target.split(':');
  const { nx: settings } = JSON.parse(readFileSync(join(root, 'apps', app, 'package.json'), 'utf8'));
  const command = settings.targets[name]?.options.command;
  if (!command) throw new Error(`${target}: no such target`);
  return { target, flags, args: [...wordsOf(command).slice(1), ...files(flags)] };
}

/** Runs Node in the repository, as Nx does, for a user in `folder`; `{ code, output }` with both streams. */
export function runNode(args, { folder, cwd = root, timeout = 600_000 }) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: {
        ...process.env,
        NX_TASK_TARGET_PROJECT: 'trainer',
        INIT_CWD: folder,
        LILFORMER_CACHE: join(folder, 'cache'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => done({ code, output }));
  });
}

/** Runs the jobs, a few at a time. */
export async function inParallel(jobs, count) {
  const queue = [...jobs];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  };
  await Promise.all(Array.from({ length: count }, worker));
}

/** English with every printable ASCII character, which a prompt of a character model may contain. */
export function smallText() {
  const pages = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/notebooks.md'];
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  const english = pages.map((name) => readFileSync(join(root, name), 'utf8')).join('\n');
  return `${english.replace(/[^\x20-\x7e\n]/g, '')}\n${ascii}\n`.repeat(2);
}

/** Writes test-results/NAME.json in the fields of vitest's reports, from `{ name, message, duration }`; a message is a failure. */
export function writeReport(name, tests) {
  const results = resolve(import.meta.dirname, '../test-results');
  mkdirSync(results, { recursive: true });
  const failed = tests.filter(({ message }) => message !== undefined).length;
  const report = {
    success: failed === 0,
    numTotalTests: tests.length,
    numPassedTests: tests.length - failed,
    numFailedTests: failed,
    testResults: tests.map((test) => ({
      status: test.message === undefined ? 'passed' : 'failed',
      ...test,
    })),
  };
  writeFileSync(join(results, `${name}.json`), JSON.stringify(report, null, 2));
}
