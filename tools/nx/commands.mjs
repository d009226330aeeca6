// A plugin of Nx for commands such as `nx run trainer:train`: the command has the terminal to itself, and its exit code becomes
// that of Nx. Otherwise Nx prints lines around it, shows its own help for --help, and turns every exit code into 1.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const PROGRAM = 'node apps/lilformer/bin/lilformer.js ';

/** The arguments of `lilformer` when this process is `nx run app:target`, and the target is a command. */
function commandLine([, program, verb, target, ...args]) {
  const isNx = /[\\/]nx(\.js)?$/.test(program) && verb === 'run' && !process.env.NX_TASK_TARGET_PROJECT;
  const [app, name] = (isNx && target?.split(':')) || [];
  const file = join(root, 'apps', app ?? '', 'package.json');
  if (!name || !existsSync(file)) return undefined;
  const command = JSON.parse(readFileSync(file, 'utf8')).nx?.targets?.[name]?.options?.command;
  if (!command?.startsWith(PROGRAM)) return undefined;
  if (args[0] === '--') args.shift();
  return [...command.slice(PROGRAM.length).split(' '), ...args];
}

const args = commandLine(process.argv);

if (args) {
  const run = [process.execPath, [join(root, 'apps/lilformer/bin/lilformer.js'), ...args]];
  const options = { cwd: process.env.INIT_CWD || process.cwd(), stdio: 'inherit' };
  // Nx would end while its own help is printed.
  if (args.includes('--help') || args.includes('-h')) process.exit(spawnSync(...run, options).status ?? 1);
  const child = spawn(...run, options);
  // Ctrl-C reaches the command, too; it decides when to end.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('exit', () => child.kill());
  child.on('close', (code) => process.exit(code ?? 1));
  process.stdout.write = process.stderr.write = () => true;
}

export default {
  name: 'lilformer-commands',
  // While the command runs, Nx waits here.
  ...(args && { preTasksExecution: () => new Promise(() => undefined) }),
};
