// Finds the tools that build an addon: node-gyp, a C++ compiler with make, and Node's headers.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Path of node-gyp's program. @throws Error when there is none */
export function findNodeGyp(project: string): string {
  const npm = [
    process.env.npm_execpath && join(dirname(process.env.npm_execpath), '..'),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'),
    globalNpm(),
  ];
  const places = [
    packageFolder(project, 'node-gyp'),
    ...npm.map((folder) => folder && join(folder, 'node_modules', 'node-gyp')),
  ].map((folder) => folder && join(folder, 'bin', 'node-gyp.js'));
  const found = [process.env.npm_config_node_gyp, ...places].find((path) => path && existsSync(path));
  if (!found) {
    throw new Error('node-gyp is neither in this project nor beside npm. Run npm i -D node-gyp');
  }
  return found;
}

function globalNpm(): string | undefined {
  const { status, stdout } = spawnSync('npm root --global', { encoding: 'utf8', shell: true }); // npm is npm.cmd on Windows
  return status === 0 ? join(stdout.trim(), 'npm') : undefined;
}

function packageFolder(project: string, name: string): string | undefined {
  try {
    return dirname(createRequire(join(project, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** @throws Error naming every tool that is not on PATH */
export function checkCompiler(): void {
  const runs = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
  const missing = [
    ...(runs(process.env.CXX || 'g++') || runs('c++') ? [] : ['a C++ compiler (g++)']),
    ...(runs('make') ? [] : ['make']),
    ...(runs(process.env.PYTHON || 'python3') ? [] : ['python3 (for node-gyp)']),
  ];
  if (missing.length > 0) {
    throw new Error(
      `not on PATH: ${missing.join(', ')}. On Debian and Ubuntu: ` + 'apt-get install g++ make python3',
    );
  }
}

/**
 * A folder with `include/node` for node-gyp: the named one, this Node's own, or one made from the package node-api-headers
 * (the addon needs only the Node-API). Undefined if there is none; node-gyp then downloads them.
 */
export async function findHeaders(
  named: string | undefined,
  project: string,
  scratch: string,
): Promise<string | undefined> {
  const holds = (folder: string): boolean => existsSync(join(folder, 'include', 'node', 'node_api.h'));
  if (named !== undefined) {
    if (!holds(named)) throw new Error(`--nodedir ${named}: expected a folder with include/node/node_api.h`);
    return named;
  }
  const asked = process.env.npm_config_nodedir;
  const own = [asked, join(dirname(realpathSync(process.execPath)), '..')].find(
    (folder) => folder && holds(folder),
  );
  if (own) return own;
  const headers = packageFolder(project, 'node-api-headers');
  if (!headers || !existsSync(join(headers, 'include', 'node_api.h'))) return undefined;
  const folder = join(scratch, 'node');
  const include = join(folder, 'include', 'node');
  await mkdir(include, { recursive: true });
  await cp(join(headers, 'include'), include, { recursive: true });
  await writeFile(join(include, 'common.gypi'), "{ 'variables': {} }\n");
  return folder;
}

/** What to do when node-gyp could not download Node's headers. */
export const HEADERS_HELP =
  "Node's headers did not come with this Node: npm i -D node-api-headers, or name a folder that has " +
  'include/node/node_api.h by --nodedir';
