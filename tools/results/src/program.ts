// Commands of the workspace without Nx.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const workspace = resolve(import.meta.dirname, '../../..');

/**
 * Arguments of Node for `app:target`, from its package.json.
 * @throws Error for an unknown target
 */
export function programOf(target: string): string[] {
  const [project, name] = target.split(':');
  const folder = ['apps', 'tools']
    .map((kind) => join(workspace, kind, project))
    .find((path) => existsSync(path));
  if (folder === undefined) throw new Error(`${target}: no such app or tool`);
  const { nx, scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    nx: { targets: Record<string, { options?: { command: string } }> };
    scripts?: Record<string, string>;
  };
  const command = nx.targets[name]?.options?.command ?? scripts[name];
  if (command === undefined) throw new Error(`${target}: ${project} has no target ${name}`);
  // Commands of apps are relative to the workspace, scripts to their package.
  return command
    .split(' ')
    .slice(1)
    .map((word) => (word.startsWith('src/') ? join(folder, word) : word));
}
