// Makes a page of docs/results: trains what is not trained yet, measures, and writes the page.
// `npx nx run results:make -- --help`.
import { writeFileAtomic } from '@lilformer/checkpoints';
import { resolveUserPath, EXIT_INTERRUPTED, shellCommand } from '@lilformer/command-line';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withSections, type Shown } from './page.js';
import { programOf, workspace } from './program.js';
import { HERE, SETS, type Step } from './sets.js';

const help = `Usage: npx nx run results:make -- SET [options] [settings]

Trains what is not trained yet, measures it, and writes docs/results/SET. Ctrl-C saves; the same
command goes on. Settings, such as --data FILE or --precision bf16, are handed on to every training.

Sets:
${Object.entries(SETS)
  .map(([name, { about }]) => `  ${name.padEnd(16)} ${about}`)
  .join('\n')}

  --to FOLDER      where the page goes (default docs/results/SET)
  --python FILE    a Python with torch, for what is compared with PyTorch; without it that is left out`;

async function main(): Promise<number> {
  const { set, to, python, typed } = read(process.argv.slice(2));
  if (set === undefined) {
    console.log(help);
    return 0;
  }
  const folder = resolveUserPath(to ?? join('docs/results', set));
  const shown: Shown[] = [];
  for (const step of SETS[set].steps) {
    if (step.python && python === undefined) {
      console.log(`\n${step.target}: left out; --python FILE says where a Python with torch is`);
      continue;
    }
    const figures = step.figures === undefined ? [] : ['--figures', join(folder, step.figures)];
    const own = step.args.map((arg) => arg.replace(HERE, asGiven(folder)));
    const args = [...own, ...(step.trains ? typed : []), ...(step.python ? ['--python', python!] : [])];
    console.log(`\n> ${shellCommand(step.target, args)}`);
    const { code, output } = await run(step, [...args, ...figures]);
    if (code !== 0) return code;
    if (step.heading === undefined) continue;
    shown.push({
      heading: step.heading,
      about: step.about,
      command: shellCommand(step.target, own),
      output,
      ...(step.figures === undefined ? { figures: [] } : figuresIn(folder, step.figures, step.show)),
    });
  }
  const page = join(folder, 'README.md');
  const discussion = existsSync(join(folder, 'discussion.md')) ? 'discussion.md' : undefined;
  await writeFileAtomic(page, withSections(readFileSync(page, 'utf8'), shown, discussion));
  console.log(`\nPage: ${asGiven(page)}`);
  return 0;
}

/** The arguments. @throws Error naming the sets there are */
function read(args: string[]): { set?: string; to?: string; python?: string; typed: string[] } {
  const [set, ...rest] = args;
  if (set === undefined || args.includes('--help')) return { typed: [] };
  if (!Object.hasOwn(SETS, set)) {
    throw new Error(`${set}: expected one of ${Object.keys(SETS).join(', ')}`);
  }
  const take = (flag: string): string | undefined => {
    const at = rest.indexOf(flag);
    if (at < 0) return undefined;
    const [, value] = rest.splice(at, 2);
    if (value === undefined) throw new Error(`${flag}: expected a value after it`);
    return value;
  };
  return { set, to: take('--to'), python: take('--python'), typed: rest };
}

/** Runs a command of the workspace as Nx would, in the same place; its output is shown and given back. */
function run({ target }: Step, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [...programOf(target), ...args], {
    cwd: workspace,
    env: { ...process.env, INIT_CWD: resolveUserPath('.') },
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  // Ctrl-C reaches the child as well, which saves; this waits for it.
  const wait = () => undefined;
  process.on('SIGINT', wait);
  const stop = () => child.kill('SIGTERM');
  process.on('SIGTERM', stop);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      process.removeListener('SIGINT', wait);
      process.removeListener('SIGTERM', stop);
      done({ code: code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? EXIT_INTERRUPTED : 1), output });
    });
  });
}

/** A path as it stands in commands: from where the person stands, with `/`. */
function asGiven(path: string): string {
  return relative(resolveUserPath('.'), path).replaceAll('\\', '/') || '.';
}

/** Files relative to the page: figures of these names, in their order, or all there are; and what is there besides. */
function figuresIn(
  folder: string,
  name: string,
  wanted?: readonly string[],
): Pick<Shown, 'figures' | 'more'> {
  const all = readdirSync(join(folder, name)).sort();
  const figures = wanted?.map((figure) => `${figure}.svg`) ?? all.filter((file) => file.endsWith('.svg'));
  const more = all.filter((file) => /\.(svg|html)$/.test(file) && !figures.includes(file));
  const fromPage = (files: readonly string[]) => files.map((file) => `${name}/${file}`);
  return { figures: fromPage(figures), more: fromPage(more) };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
