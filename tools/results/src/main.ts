// Makes a page of docs/results: trains missing runs, measures them, writes the page.
// `npx nx run results:make -- --help`.
import { writeFileAtomic } from '@lilformer/checkpoints';
import { resolveUserPath, EXIT_INTERRUPTED, shellCommand } from '@lilformer/command-line';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withSections, type Shown } from './page.js';
import { programOf, workspace } from './program.js';
import { HERE, SETS, type Step } from './sets.js';

const help = `Usage: npx nx run results:make -- SET [options] [settings]

Trains missing runs, measures them, and writes docs/results/SET. Ctrl-C saves; the same command
resumes. Settings, such as --data FILE or --precision bf16, are passed to every training command.

Sets:
${Object.entries(SETS)
  .map(([name, { about }]) => `  ${name.padEnd(16)} ${about}`)
  .join('\n')}

  --to FOLDER      folder of the page (default docs/results/SET)
  --python FILE    a Python with torch; without it comparisons with PyTorch are skipped`;

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
      console.log(`\n${step.target}: skipped, needs --python FILE, a Python with torch`);
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
  const { title, about } = SETS[set];
  // A set of single commands has no report to append to.
  if (title !== undefined) mkdirSync(folder, { recursive: true });
  const start =
    title === undefined
      ? readFileSync(page, 'utf8')
      : `# ${title}\n\n${about[0].toUpperCase()}${about.slice(1)}.\n`;
  const discussion = existsSync(join(folder, 'discussion.md')) ? 'discussion.md' : undefined;
  await writeFileAtomic(page, withSections(start, shown, discussion));
  console.log(`\nPage: ${asGiven(page)}`);
  return 0;
}

/** Parses the arguments. @throws Error for an unknown set */
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

/** Runs a command, prints and returns its output. */
function run({ target }: Step, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [...programOf(target), ...args], {
    cwd: workspace,
    // A page has more room than a terminal.
    env: {
      ...process.env,
      NX_TASK_TARGET_PROJECT: 'results',
      INIT_CWD: resolveUserPath('.'),
      COLUMNS: '160',
    },
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  // The child receives Ctrl-C too and saves; wait for it.
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

/** Path relative to the user's directory, with `/`. */
function asGiven(path: string): string {
  return relative(resolveUserPath('.'), path).replaceAll('\\', '/') || '.';
}

/** Figures with the wanted names, or all, and the remaining files, relative to the page. */
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
