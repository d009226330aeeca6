// Runs every command of docs/notebooks.md in a small setting: small models, a few steps, little text. The page's
// own flags stay; what makes them small is added behind them. Notebooks run side by side, the commands of one in
// their order, as later ones use what earlier ones made. Leaves a report in the fields of vitest's.
//
// `node tools/checks/src/notebooks.mjs 003` runs the commands of one notebook, and prints what they print.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/notebooks.md'), 'utf8');
const only = process.argv[2];

/** Makes any run small. */
const SMALL_RUN = [
  ...['--data', 'text.txt', '--separator', 'none', '--max-steps', '4', '--batch-size', '2'],
  ...[
    '--context-length',
    '24',
    '--eval-every',
    '2',
    '--eval-batches',
    '1',
    '--log-every',
    '1',
    '--sample-tokens',
    '4',
  ],
];
const ATTENTION = ['--d-model', '16', '--n-heads', '2'];
const FFN = [...ATTENTION, '--d-ff', '32', '--vocab-size', '300'];
const RECURRENT = ['--embed-size', '8', '--hidden-size', '8'];

/** Makes the models of presets and sweeps small: each has settings of its own. */
const SMALL_MODELS = {
  'evolution/03-bigram': ['--d-model', '16', '--vocab-size', '300'],
  'experts/trained-router': FFN,
  'shakespeare/baseline': FFN,
  'recurrent/rnn': RECURRENT,
  'recurrent/transformer': ATTENTION,
  'hyperparameters/large': ATTENTION,
  shakespeare: FFN,
  recurrent: [...RECURRENT, ...ATTENTION],
  hyperparameters: ATTENTION,
  'apps/trainer/sweeps/context.json': FFN,
  'apps/trainer/sweeps/heads.json': FFN,
  'apps/trainer/sweeps/head-scale.json': ATTENTION,
  'apps/trainer/sweeps/attention.json': ATTENTION,
  'apps/trainer/sweeps/compute.json': ATTENTION,
};

/** Makes a command small, by its target; of sweeps, two of their runs. */
const SMALL = {
  'evolution:train': () => [...SMALL_RUN, ...FFN, '--only', '03-bigram', '--only', '10-moe'],
  'evolution:compare': () => ['--max-new-tokens', '4', '--text-tokens', '60', '--batch-size', '4'],
  'trainer:train': (args) => [...SMALL_RUN, ...SMALL_MODELS[presetOf(args)]],
  'trainer:sweep': (args) => [...SMALL_RUN, ...SMALL_MODELS[presetOf(args)], ...runsOf(args)],
  'evaluator:vocabulary': () => ['--text', 'text.txt'],
  'evaluator:evaluate': (args) => [
    ...['--text-tokens', '60', '--batch-size', '4'],
    ...(args.includes('random-batches') ? ['--batches', '2'] : []),
  ],
  'evaluator:generate': (args) => [
    ...['--max-new-tokens', '8'],
    ...(args.includes('--num-beams') ? [] : ['--seed', '1']),
  ],
  'trainer:export': () => [],
  'evaluator:attend': () => [],
  'evaluator:predict': () => ['--text-tokens', '60'],
  'evaluator:flops': () => ['--tokens', '8'],
  'evaluator:gru-step': () => [],
  // Of pretrained models, small ones of their names lie where the commands run.
  'evaluator:inspect': () => [],
  'evaluator:compare-architectures': () => [],
  'evaluator:decode': () => ['--max-new-tokens', '6'],
};

/** Two runs of each sweep, those that later commands look at among them. */
function runsOf(args) {
  const sweeps = {
    shakespeare: ['baseline', 'wider'],
    recurrent: ['gru', 'transformer-8'],
    hyperparameters: ['baseline', 'heads=1'],
    'apps/trainer/sweeps/context.json': ['context=16', 'context=32'],
    'apps/trainer/sweeps/heads.json': ['step 1', 'step 50'],
    'apps/trainer/sweeps/head-scale.json': ['heads=4', 'heads=8'],
    'apps/trainer/sweeps/attention.json': ['fused', 'naive'],
    'apps/trainer/sweeps/compute.json': ['2x96 3e12', '3x128 3e12'],
  };
  const name = presetOf(args);
  if (!sweeps[name])
    throw new Error(`the sweep ${name} of docs/notebooks.md: say here which of its runs to try`);
  return sweeps[name].flatMap((run) => ['--only', run]);
}

/** The preset or file of a command. */
function presetOf(args) {
  const name = args[1 + Math.max(args.indexOf('--preset'), args.indexOf('--file'))];
  if (!SMALL_MODELS[name])
    throw new Error(`docs/notebooks.md: ${name} has no small setting in notebooks.mjs`);
  return name;
}

/** The commands of the page, under their notebooks. */
function commandsOf(text) {
  const notebooks = new Map();
  let notebook;
  let section;
  let inBlock = false;
  for (const line of text.split('\n')) {
    const heading = /^(#{2,3}) (.+)$/.exec(line);
    if (heading && !inBlock) {
      if (heading[1] === '##') notebooks.set((notebook = /^Notebook (\d+)/.exec(heading[2])?.[1]), []);
      section = heading[2];
    } else if (/^```/.test(line)) {
      inBlock = !inBlock && line === '```sh';
    } else if (inBlock && line.trim() !== '') {
      notebooks.get(notebook).push({ section, line });
    }
  }
  return notebooks;
}

/** What a shell makes of a line: words, with quoted ones whole. */
function wordsOf(line) {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain,
  );
}

/** A line as the process that Nx would start. */
function processOf(line) {
  const [npx, nx, run, target, dashes, ...args] = wordsOf(line);
  if (`${npx} ${nx} ${run}` !== 'npx nx run' || (dashes !== undefined && dashes !== '--')) {
    throw new Error(`${line}: expected a command such as: npx nx run app:target -- --flag`);
  }
  const [app, name] = target.split(':');
  const { nx: settings } = JSON.parse(readFileSync(join(root, 'apps', app, 'package.json'), 'utf8'));
  const command = settings.targets[name]?.options.command;
  if (!command || !SMALL[target]) throw new Error(`${target}: no such target, or none that is known here`);
  const file = args.map((arg) => (arg.startsWith('apps/') ? join(root, arg) : arg));
  return [...wordsOf(command).slice(1), ...file, ...SMALL[target](args)];
}

const folder = mkdtempSync(join(tmpdir(), 'lilformer-notebooks-'));
const tests = [];

function run(args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, INIT_CWD: folder, LILFORMER_CACHE: join(folder, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => done({ code, output }));
  });
}

async function runNotebook(notebook, commands) {
  for (const { section, line } of commands) {
    const start = Date.now();
    let result;
    try {
      result = await run(processOf(line));
    } catch (error) {
      result = { code: 1, output: error.message };
    }
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    const passed = result.code === 0;
    tests.push({
      section: `${notebook} ${section}`,
      line,
      passed,
      message: passed ? '' : result.output,
      duration: Date.now() - start,
    });
    console.log(`${passed ? 'ok' : 'FAILED'} ${notebook} | ${section} | ${line} | ${seconds} s`);
    if (!passed || only) console.log(result.output.replace(/^/gm, '    '));
  }
}

/** English, and every character that a prompt may have: a character model knows no others. */
function smallText() {
  const pages = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/notebooks.md'];
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  const english = pages.map((name) => readFileSync(join(root, name), 'utf8')).join('\n');
  return `${english.replace(/[^\x20-\x7e\n]/g, '')}\n${ascii}\n`.repeat(2);
}

try {
  writeFileSync(join(folder, 'text.txt'), smallText());
  const small = [
    '--conditions=@lilformer/source',
    '--import',
    'tsx',
    join(import.meta.dirname, 'small-pretrained.mjs'),
  ];
  const made = await run([...small, folder]);
  if (made.code !== 0) throw new Error(`no small pretrained models: ${made.output}`);
  const notebooks = [...commandsOf(page)].filter(
    ([name, commands]) => commands.length > 0 && (!only || name === only),
  );
  if (notebooks.length === 0)
    throw new Error(`${only}: expected the number of a notebook of docs/notebooks.md`);
  const queue = [...notebooks];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await runNotebook(...next);
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const failed = tests.filter(({ passed }) => !passed);
if (!only) {
  const results = resolve(import.meta.dirname, '../test-results');
  mkdirSync(results, { recursive: true });
  writeFileSync(
    join(results, 'notebooks.json'),
    JSON.stringify(
      {
        success: failed.length === 0,
        numTotalTests: tests.length,
        numPassedTests: tests.length - failed.length,
        numFailedTests: failed.length,
        testResults: tests.map(({ section, line, passed, message, duration }) => ({
          name: `${section}: ${line}`,
          status: passed ? 'passed' : 'failed',
          message,
          duration,
        })),
      },
      null,
      2,
    ),
  );
}
console.log(`${tests.length - failed.length} commands of docs/notebooks.md ran, ${failed.length} failed`);
process.exitCode = failed.length === 0 && tests.length > 0 ? 0 : 1;
