// Runs the code blocks of README.md, FEATURES.md, CONTRIBUTING.md, docs/*.md and the READMEs of libraries and apps, and compares what
// they print with the ```text block that follows. `node tools/checks/src/docs-blocks.mjs libs/ops` checks the pages
// whose path begins so, and shows what they print.
//
// ```js    a complete program. Under a first line `// name.mjs`, it is also saved under that name.
// ```sh    `npm start PROGRAM`, and commands `npx lilformer …` or `npx nx run trainer|evaluator|evolution:target`. Lines of npm and of other
//          projects of Nx are not run.
// ```text  the output of the block before it, under the same heading. `…` stands for anything within a line, a line
//          `…` for any number of lines.
//
// A comment before a block changes how it is run:
// `<!-- adds: --max-steps 4 -->`    adds arguments to each command or to the program
// `<!-- first: npx lilformer … -->`    runs a command before the block
// `<!-- exit: 1 -->`                expects an error
// `<!-- output varies: REASON -->`  checks only that something is printed
// `<!-- tolerance: 0.2 -->`         lets numbers with a fraction differ by this share
// `<!-- not run: REASON -->`        leaves the block out
//
// The blocks of a page run in one folder, in their order. It contains my-text.txt, valid.txt, Tiny Shakespeare in the cache, and
// small pretrained models named as on the Hub. docs/notebooks.md has a check of its own.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  inParallel,
  commandOf,
  root,
  runNode,
  smallText,
  SOURCES,
  wordsOf,
  writeReport,
} from './commands.mjs';

const only = process.argv[2];

/** Commands that other steps of `npm test` run, or that are for contributors. */
const NOT_RUN = [
  /^npm (ci|i|install|test|run)\b/,
  /^git clone /,
  /^npx (vitest|nx affected|nx run-many|changeset|prettier|lilformer-tensorflow) ?/,
  /^npx nx run (bench|checks|golden|native|wasm|engine|results|training|tokenizers):/,
];

function pages() {
  const readmes = ['libs', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}/README.md`),
  );
  const docs = readdirSync(join(root, 'docs')).flatMap((name) =>
    name.endsWith('.md') && name !== 'notebooks.md' ? [`docs/${name}`] : [],
  );
  return ['README.md', 'FEATURES.md', 'CONTRIBUTING.md', ...docs, ...readmes];
}

/** The blocks of a page: `{ line, language, text, expected }` and the comments before it. */
function blocksOf(page) {
  const blocks = [];
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  let comment = {};
  let previous; // the block that a text block would be the output of
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)```(\S*)/.exec(lines[i]);
    const note = /^<!-- (adds|first|exit|output varies|tolerance|not run): (.+) -->$/.exec(lines[i]);
    if (note?.[1] === 'first') (comment.first ??= []).push(note[2]);
    else if (note) comment[note[1]] = note[2];
    if (/^#/.test(lines[i])) previous = undefined;
    if (!fence) continue;
    const line = i + 1;
    const end = lines.findIndex((text, at) => at > i && text.trim() === '```');
    if (end < 0) throw new Error(`${page}:${line}: the code block has no end`);
    const text = lines.slice(i + 1, end).join('\n');
    const language = fence[2];
    if (language === 'text') {
      if (!previous)
        throw new Error(
          `${page}:${line}: a text block is the output of a block before it, and there is none under this heading`,
        );
      previous.expected = text;
      previous = undefined;
    } else if (language === '') {
      throw new Error(`${page}:${line}: the code block has no language. Expected sh, js, ts, json or text.`);
    } else {
      blocks.push((previous = { line, language, text, ...comment }));
    }
    comment = {};
    i = end;
  }
  return blocks;
}

/** A number with a fraction or an exponent. */
const FRACTION = /\d+\.\d+(?:e[+-]?\d+)?/;

/**
 * Whether an output is as shown, with `…` for what differs between runs. With a tolerance, numbers with a fraction may differ
 * by this share of the expected number.
 */
function matches(output, expected, tolerance) {
  const clean = (text) => text.replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '');
  const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const numbers = [];
  const approximate = (text) =>
    text.split(new RegExp(`(${FRACTION.source})`)).map((part, i) => {
      if (i % 2 === 0) return escape(part);
      numbers.push(Number(part));
      return `(${FRACTION.source})`;
    });
  const literal = (text) => (tolerance === undefined ? escape(text) : approximate(text).join(''));
  const lines = clean(expected).split('\n');
  const pattern = lines.map((line) =>
    line.trim() === '…' ? '(?:[^\n]*\n)*?' : `${line.split('…').map(literal).join('[^\n]*')}\n`,
  );
  const found = new RegExp(`^${pattern.join('')}$`).exec(`${clean(output)}\n`);
  return (
    found !== null &&
    numbers.every((number, i) => Math.abs(Number(found[i + 1]) - number) <= tolerance * number)
  );
}

/** The commands of a shell block, continued lines joined, without comments. */
function commandsOf(text) {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(' && '))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !NOT_RUN.some((pattern) => pattern.test(line)));
}

/** What `npm start` gives to Node, without npm's own lines in the output. */
function startArguments() {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return wordsOf(scripts.start).slice(1);
}

async function runBlock({ language, text, adds = '', first = [] }, folder, number) {
  for (const line of first) {
    const result = await runNode(commandOf(line).args, { folder });
    if (result.code !== 0) return { code: result.code, output: `${line}\n${result.output}` };
  }
  if (language === 'js') {
    const name = /^\/\/ (\S+\.m?js)$/m.exec(text.split('\n')[0])?.[1] ?? `block-${number}.mjs`;
    writeFileSync(join(folder, name), text);
    return runNode([...SOURCES, name, ...wordsOf(adds)], { folder, cwd: folder });
  }
  let output = '';
  for (const line of commandsOf(text)) {
    const program = /^npm start (\S+)$/.exec(line)?.[1];
    const args = program ? [...startArguments(), join(folder, program)] : commandOf(line).args;
    const result = await runNode([...args, ...wordsOf(adds)], { folder });
    output += result.output;
    if (result.code !== 0) return { code: result.code, output, line };
  }
  return { code: 0, output };
}

function isAsShown(output, block) {
  if (block['output varies']) return output.trim() !== '';
  return matches(output, block.expected, block.tolerance && Number(block.tolerance));
}

const tests = [];
const pretrained = mkdtempSync(join(tmpdir(), 'lilformer-pretrained-'));

async function checkPage(page) {
  const folder = mkdtempSync(join(tmpdir(), 'lilformer-docs-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction'); // needs no privilege on Windows
    mkdirSync(join(folder, 'cache/corpora'), { recursive: true });
    copyFileSync(
      join(root, 'tools/golden/data/tiny-shakespeare.txt'),
      join(folder, 'cache/corpora/tiny-shakespeare.txt'),
    );
    for (const name of readdirSync(pretrained))
      symlinkSync(join(pretrained, name), join(folder, name), 'junction');
    writeFileSync(join(folder, 'my-text.txt'), smallText());
    writeFileSync(join(folder, 'valid.txt'), smallText().slice(0, 20_000));
    let number = 0;
    for (const block of blocksOf(page)) {
      const runs = block.language === 'js' || (block.language === 'sh' && commandsOf(block.text).length > 0);
      if (!runs || block['not run']) {
        if (block.expected !== undefined && !block['not run'])
          throw new Error(`${page}:${block.line}: output of a block that is not run`);
        continue;
      }
      const start = Date.now();
      let message;
      let result = { code: 1, output: '' };
      try {
        result = await runBlock(block, folder, ++number);
        if (result.code !== Number(block.exit ?? 0))
          message = `exit ${result.code} ${result.line ?? ''}\n${result.output}`;
        else if (block.expected !== undefined && !isAsShown(result.output, block))
          message = `expected\n${block.expected}\n--- but it printed\n${result.output}`;
      } catch (error) {
        message = error.message;
      }
      const duration = Date.now() - start;
      tests.push({ name: `${page}:${block.line}`, message, duration });
      const kind = block.expected === undefined ? 'ran' : 'printed what is shown';
      console.log(
        `${message === undefined ? kind : 'FAILED'} | ${page}:${block.line} | ${(duration / 1000).toFixed(1)} s`,
      );
      if (message !== undefined || only)
        console.log((message ?? result.output).trimEnd().replace(/^/gm, '    '));
    }
  } catch (error) {
    tests.push({ name: page, message: error.message, duration: 0 });
    console.log(`FAILED | ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const made = await runNode([...SOURCES, join(import.meta.dirname, 'small-pretrained.mjs'), pretrained], {
    folder: pretrained,
  });
  if (made.code !== 0) throw new Error(`small pretrained models: ${made.output}`);
  const chosen = pages().filter((page) => !only || page.startsWith(only));
  await inParallel(
    chosen.map((page) => () => checkPage(page)),
    2,
  );
} finally {
  rmSync(pretrained, { recursive: true, force: true });
}
if (!only) writeReport('docs-blocks', tests);
const failed = tests.filter(({ message }) => message !== undefined).length;
console.log(`${tests.length - failed} code blocks ran, ${failed} failed`);
process.exitCode = failed === 0 && tests.length > 0 ? 0 : 1;
