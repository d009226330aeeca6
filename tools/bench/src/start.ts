// Start-up time of a process that trains one step of a tiny model: `npx nx run bench:start`. The process is
// start-child.mjs, which uses the built libraries.
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { run, type Command } from './child.js';
import { circumstances, describeCircumstances } from './machine.js';
import { runMain, wholeNumber } from './options.js';
import { race } from './race.js';
import { digits, table } from './table.js';

/** Milliseconds and CPU milliseconds since the start of the process. */
interface Mark {
  readonly name: string;
  readonly ms: number;
  readonly processorMs: number;
}

interface Run {
  /** Duration of the whole process. */
  readonly ms: number;
  readonly engine: string;
  readonly marks: readonly Mark[];
}

const help = `Usage: npx nx run bench:start -- [options]

  --engine NAMES   engines, separated by commas (default: native,wasm,cpu)
  --rounds N       starts of each engine, of which the fastest counts (default 10)`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', multiple: true, default: ['native,wasm,cpu'] },
      rounds: { type: 'string', default: '10' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const rounds = wholeNumber('rounds', values.rounds);
  const engines = values.engine.flatMap((names) => names.split(','));
  const about = circumstances('start');
  const best = new Map<string, Run>();
  const keep = async (name: string, command: Command, signal: AbortSignal): Promise<void> => {
    const started = performance.now();
    const { stdout } = await run(command, signal);
    const ms = performance.now() - started;
    if (ms >= (best.get(name)?.ms ?? Infinity)) return;
    const { engine, marks } = JSON.parse(stdout || '{"engine":"","marks":[]}') as Omit<Run, 'ms'>;
    best.set(name, { ms, engine, marks });
  };
  const child = fileURLToPath(new URL('./start-child.mjs', import.meta.url));
  const { failures } = await race(
    ['node only', ...engines].map((name) => ({
      subject: 'start',
      contestant: name,
      run: (signal) => {
        const parameters = name === 'node only' ? ['--eval', '0'] : [child, name];
        return keep(name, { program: process.execPath, parameters }, signal);
      },
    })),
    rounds,
  );

  console.log(`# Start-up, with one training step of a tiny model\n\n${describeCircumstances(about)}\n`);
  console.log(`Fastest of ${rounds} starts in milliseconds (CPU milliseconds of all threads).\n`);
  const parts = best.get(engines.find((name) => best.has(name)) ?? '')?.marks ?? [];
  const rows = [...best].map(([name, { ms, marks }]) => {
    const cells = parts.map((_, i) => {
      if (!marks[i]) return undefined;
      const before = marks[i - 1] ?? { ms: 0, processorMs: 0 };
      return `${digits(marks[i].ms - before.ms)} (${digits(marks[i].processorMs - before.processorMs)})`;
    });
    const last = marks.at(-1)?.ms;
    return [name, ...cells, last === undefined ? undefined : digits(ms - last), digits(ms)];
  });
  console.log(table(['engine', ...parts.map(({ name }) => name), 'exit', 'total'], rows));
  for (const [name, { engine }] of best) if (engine) console.log(`\n- ${name}: ${engine}`);
  for (const [name, why] of Object.entries(failures)) console.log(`\n- ${name}: ${why}`);
  console.log(`\n    ${about.command}`);
});
