// Runs every command of docs/notebooks.md in a small setting: small models, a few steps, little text. The flags of the page are
// kept; those that make a command small are added after them. Notebooks run in parallel, the commands of a notebook in their
// order. `node tools/checks/src/notebooks.mjs 003` runs the commands of one notebook and shows what they print.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel, commandOf, root, runNode, smallText, SOURCES, writeReport } from './commands.mjs';

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

/** Flags that make a command small, by its target. */
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
  // Small pretrained models with these names are in the folder.
  'evaluator:inspect': () => [],
  'evaluator:compare-architectures': () => [],
  'evaluator:decode': () => ['--max-new-tokens', '6'],
};

/** Two runs of each sweep, including those that later commands use. */
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
    throw new Error(`docs/notebooks.md: the sweep ${name} has no runs to try in notebooks.mjs`);
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

const folder = mkdtempSync(join(tmpdir(), 'lilformer-notebooks-'));
const tests = [];

/** Arguments of Node for a command of the page. */
function smallCommand(line) {
  const { target, flags, args } = commandOf(line);
  if (!SMALL[target]) throw new Error(`${target}: has no small setting in notebooks.mjs`);
  return [...args, ...SMALL[target](flags)];
}

async function runNotebook(notebook, commands) {
  for (const { section, line } of commands) {
    const start = Date.now();
    let result;
    try {
      result = await runNode(smallCommand(line), { folder });
    } catch (error) {
      result = { code: 1, output: error.message };
    }
    const duration = Date.now() - start;
    const message = result.code === 0 ? undefined : result.output;
    tests.push({ name: `${notebook} ${section}: ${line}`, message, duration });
    const outcome = message === undefined ? 'ok' : 'FAILED';
    console.log(`${outcome} ${notebook} | ${section} | ${line} | ${(duration / 1000).toFixed(1)} s`);
    if (message !== undefined || only) console.log(result.output.replace(/^/gm, '    '));
  }
}

try {
  writeFileSync(join(folder, 'text.txt'), smallText());
  const made = await runNode([...SOURCES, join(import.meta.dirname, 'small-pretrained.mjs'), folder], {
    folder,
  });
  if (made.code !== 0) throw new Error(`small pretrained models: ${made.output}`);
  const notebooks = [...commandsOf(page)].filter(
    ([name, commands]) => commands.length > 0 && (!only || name === only),
  );
  if (notebooks.length === 0)
    throw new Error(`${only}: expected the number of a notebook of docs/notebooks.md`);
  await inParallel(
    notebooks.map((notebook) => () => runNotebook(...notebook)),
    2,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (!only) writeReport('notebooks', tests);
const failed = tests.filter(({ message }) => message !== undefined).length;
console.log(`${tests.length - failed} commands of docs/notebooks.md ran, ${failed} failed`);
process.exitCode = failed === 0 && tests.length > 0 ? 0 : 1;
