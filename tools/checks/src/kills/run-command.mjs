// Runs `lilformer` from its sources in a process group of its own, and kills it.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../../../apps/lilformer/src/main.ts');

/** Time in ms within which a command has to end after a signal on which it saves. */
const PATIENCE = 60_000;

/**
 * Runs a command.
 *
 * @param command `{ args, cwd, env }`
 * @param kill `{ after, signal }`: the signal for the process group, `after` ms after its start
 * @returns true when the command has ended by itself, false when it was killed or has stopped because of the signal
 * @throws Error with the output when it failed, or did not stop
 */
export function runCommand({ args, cwd, env }, kill) {
  const child = spawn(
    process.execPath,
    ['--conditions=@lilformer/source', '--import', import.meta.resolve('tsx'), MAIN, ...args],
    {
      cwd,
      detached: true,
      env: { ...process.env, INIT_CWD: cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  let sent = false;
  let stuck = false;
  const send = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // it has ended
    }
  };
  const timers = [];
  if (kill) {
    const aim = () => {
      sent = true;
      send(kill.signal);
      timers.push(
        setTimeout(() => {
          stuck = true;
          send('SIGKILL');
        }, PATIENCE),
      );
    };
    timers.push(setTimeout(aim, kill.after));
  }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      timers.forEach(clearTimeout);
      if (stuck)
        fail(new Error(`not stopped ${PATIENCE / 1000} s after ${kill.signal}: ${output.slice(-2000)}`));
      else if (code === 0) done(true);
      else if (sent && (signal !== null || code > 128)) done(false);
      else fail(new Error(`${args.join(' ')} ended with ${signal ?? code}: ${output.slice(-2000)}`));
    });
  });
}
