// The commands of the workspace as processes, without Nx in between.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const workspace = resolve(import.meta.dirname, '../../..');

/**
 * What Node is started with for `app:target`, as its package.json tells Nx.
 * @throws Error when there is no such target
 */
export function programOf(target: string): string[] {
  const [project, name] = target.split(':');
  const folder = ['apps', 'tools']
    .map((kind) => join(workspace, kind, project))
    .find((path) => existsSync(path));
  if (folder === undefined) throw new Error(`${target}: there is no app or tool of that name`);
  const { nx, scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    nx: { targets: Record<string, { options?: { command: string } }> };
    scripts: Record<string, string>;
  };
  const command = nx.targets[name]?.options?.command ?? scripts[name];
  if (command === undefined) throw new Error(`${target}: ${project} has no such target`);
  // Apps are started from the workspace, a script from its package.
  return command
    .split(' ')
    .slice(1)
    .map((word) => (word.startsWith('src/') ? join(folder, word) : word));
}
