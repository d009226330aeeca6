// Publishes every library to a registry of its own on this machine, installs each one alone into an
// empty project with plain `npm i`, and runs the first JavaScript example of its README there: on the
// present Node, and on Node 20, 22 and 24 where LILFORMER_NODES asks for them (`LILFORMER_NODES=20,22,24`).
// Where the native library is built, its package for this platform is published as well, and the engine that a program
// gets without asking has to be the native one. Each installation stays below its limit of size, and the types of all libraries
// compile with the oldest TypeScript that README names. Leaves out publishing to the world, which `changeset publish` does.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePackage } from '../../../libs/native/scripts/platform-package.mjs';
import { packageName, thisPlatform } from '../../../libs/native/scripts/platforms.mjs';

/** The oldest versions with which the types compile, as README states them. */
const LEAST = { typescript: '5.7', '@types/node': '20.19' };
/** Largest size of an installation, with all dependencies, in MB (10^6 bytes). */
const LARGEST_MB = {
  plots: 25,
  tokenizers: 3,
  stories: 3,
  random: 3,
  kernels: 3,
  wasm: 5,
  checkpoints: 3,
  datasets: 5,
};

const root = resolve(import.meta.dirname, '../../..');
const work = mkdtempSync(join(tmpdir(), 'lilformer-installed-'));
const only = process.argv.slice(2);
const published = readdirSync(join(root, 'libs')).filter(
  (name) => !JSON.parse(readFileSync(join(root, 'libs', name, 'package.json'), 'utf8')).private,
);
// The parts of the command have no use of their own.
const libraries = published.filter(
  (name) => name !== 'command-line' && (only.length === 0 || only.includes(name)),
);

const port = await freePort();
const registry = `http://127.0.0.1:${port}/`;
// Only this scope comes from the local registry; everything else from wherever npm is set up to look.
// The token is a formality: the registry lives as long as this script and lets everybody publish.
const scope = `@lilformer:registry=${registry}\n//127.0.0.1:${port}/:_authToken=local\n`;
const config = join(work, 'verdaccio.yaml');
writeFileSync(
  config,
  `storage: ${join(work, 'storage')}
packages:
  '@lilformer/*':
    access: $all
    publish: $all
log: { type: stdout, format: pretty, level: error }
`,
);

const shell = process.platform === 'win32'; // npm is npm.cmd there, which only a shell runs
const npm = (cwd, ...args) =>
  execFileSync('npm', shell ? args.map((arg) => `"${arg}"`) : args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  });

const verdaccio = fileURLToPath(import.meta.resolve('verdaccio/package.json')).replace(
  /package\.json$/,
  'bin/verdaccio',
);
const server = spawn(process.execPath, [verdaccio, '--config', config, '--listen', `127.0.0.1:${port}`], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const library = join(root, 'libs/native/build/lilformer-native.node');
const hasNative = existsSync(library);
let failures = 0;
try {
  await answering(registry);
  if (hasNative) {
    const folder = join(work, 'platform');
    makePackage(thisPlatform(), library, { anyGlibc: true, folder });
    writeFileSync(join(folder, '.npmrc'), scope);
    npm(folder, 'publish', '--tag', 'latest');
  }
  for (const name of published) {
    const packed = join(work, 'packed', name);
    mkdirSync(packed, { recursive: true });
    npm(join(root, 'libs', name), 'pack', '--ignore-scripts', '--pack-destination', packed);
    execFileSync('tar', ['-xzf', readdirSync(packed).find((file) => file.endsWith('.tgz'))], { cwd: packed });
    const folder = join(packed, 'package');
    if (name === 'native' && hasNative) namePlatform(join(folder, 'package.json'));
    writeFileSync(join(folder, '.npmrc'), scope);
    npm(folder, 'publish', '--ignore-scripts', '--tag', 'latest');
  }
  const nodes = await nodeBinaries();
  for (const name of libraries) failures += check(name, nodes);
  if (only.length === 0 || only.includes('lilformer')) failures += checkCommand(nodes);
  if (hasNative && libraries.includes('engine')) failures += checkNative(nodes);
  if (only.length === 0) failures += checkTypes();
} finally {
  server.kill();
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** Installs one library alone and runs its example; returns the number of failures. */
function check(name, nodes) {
  const readme = readFileSync(join(root, 'libs', name, 'README.md'), 'utf8');
  const example = /^```js\n([\s\S]*?)^```/m.exec(readme)?.[1];
  const install = /^npm i(?:nstall)? (.+)$/m.exec(readme)?.[1];
  if (!example || !install?.includes(`@lilformer/${name}`)) {
    console.error(`${name}: its README has no install line for @lilformer/${name} with a js example`);
    return 1;
  }
  const project = join(work, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(project, '.npmrc'), scope);
  writeFileSync(join(project, 'example.js'), example);
  let failures = 0;
  try {
    npm(project, 'install', ...install.trim().split(/\s+/));
  } catch (error) {
    console.error(`${name}: npm i ${install} failed\n${error.stderr}`);
    return 1;
  }
  const size = sizeOf(join(project, 'node_modules')) / 1e6;
  console.log(`${name}: npm i ${install}: ${size.toFixed(1)} MB`);
  if (size > LARGEST_MB[name]) {
    failures++;
    console.error(`${name}: installs ${size.toFixed(1)} MB. Expected at most ${LARGEST_MB[name]} MB.`);
  }
  for (const [version, binary] of nodes) {
    try {
      const output = execFileSync(binary, ['example.js'], {
        cwd: project,
        encoding: 'utf8',
        timeout: 120_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (output.trim() === '') throw new Error('it printed nothing');
      console.log(`${name}: installed alone, its example ran on Node ${version}`);
    } catch (error) {
      failures++;
      console.error(`${name}: its example failed on Node ${version}\n${error.stderr || error.message}`);
    }
  }
  return failures;
}

/** Bytes of all files in a folder. */
function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files.reduce(
    (sum, file) => sum + (file.isFile() ? statSync(join(file.parentPath, file.name)).size : 0),
    0,
  );
}

/** Installs the command from its packed file and trains; returns the number of failures. */
function checkCommand(nodes) {
  const project = join(work, 'command');
  mkdirSync(project);
  npm(join(root, 'apps/lilformer'), 'pack', '--ignore-scripts', '--pack-destination', project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(project, '.npmrc'), scope);
  const tarball = readdirSync(project).find((file) => file.endsWith('.tgz'));
  npm(project, 'install', `./${tarball}`);
  const bin = join(project, 'node_modules/lilformer/bin/lilformer.js');
  const args = ['train', '--max-steps', '2', '--story-bytes', '60000', '--vocab-size', '300'];
  let failures = 0;
  for (const [version, binary] of nodes) {
    try {
      const output = execFileSync(binary, [bin, ...args], {
        cwd: project,
        encoding: 'utf8',
        timeout: 120_000,
        env: { ...process.env, INIT_CWD: project },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (!/Run folder: runs.stories-/.test(output)) throw new Error(output);
      console.log(`lilformer: installed alone, it trained on Node ${version}`);
    } catch (error) {
      failures++;
      console.error(`lilformer: it does not train on Node ${version}\n${error.stderr || error.message}`);
    }
  }
  return failures;
}

/** Compiles a program that imports all libraries with the oldest TypeScript; returns the number of failures. */
function checkTypes() {
  const { typescript, '@types/node': node } = LEAST;
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const stated = `TypeScript ${typescript}`;
  const statedNode = `@types/node ${node}`;
  for (const text of [stated, statedNode]) {
    if (!readme.includes(text)) {
      console.error(`README.md: does not name the oldest version. Expected "${text}".`);
      return 1;
    }
  }
  const project = join(work, 'types');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(project, '.npmrc'), scope);
  const names = published.map((name) => `@lilformer/${name}`);
  npm(project, 'install', ...names, `typescript@~${typescript}.0`, `@types/node@~${node}.0`);
  writeFileSync(
    join(project, 'all.ts'),
    names.map((name, i) => `export * as lib${i} from '${name}';\n`).join(''),
  );
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const settings =
    '--noEmit --strict --lib es2023 --target es2023 --module nodenext --types node --skipLibCheck false';
  const { stdout } = spawnSync(process.execPath, [tsc, ...settings.split(' '), 'all.ts'], {
    cwd: project,
    encoding: 'utf8',
  });
  // Declarations of tfjs-core and of its WebGPU types do not compile without skipLibCheck.
  const errors = stdout
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/^node_modules\/@(tensorflow|webgpu)\//.test(line));
  if (errors.length > 0) console.error(`types: errors with ${stated}, ${statedNode}\n${errors.join('\n')}`);
  else console.log(`types: all libraries compile with ${stated} and ${statedNode}`);
  return errors.length > 0 ? 1 : 0;
}

/** Names this platform's package as the release does with all of them. */
function namePlatform(file) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.optionalDependencies = { [packageName(thisPlatform())]: manifest.version };
  writeFileSync(file, JSON.stringify(manifest));
}

/** The engine that `npm i @lilformer/engine` gives has to be native; returns the number of failures. */
function checkNative(nodes) {
  const program = `import { openEngine } from '@lilformer/engine';
    const { name, reason } = await openEngine();
    if (name !== 'native') throw new Error(name + ' was taken: ' + reason);`;
  let failures = 0;
  for (const [version, binary] of nodes) {
    try {
      execFileSync(binary, ['--input-type=module', '-e', program], {
        cwd: join(work, 'engine'),
        encoding: 'utf8',
        timeout: 120_000,
        env: { ...process.env, LILFORMER_ENGINE: '', LILFORMER_NATIVE_LIBRARY: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      console.log(`engine: takes the native library from its package on Node ${version}`);
    } catch (error) {
      failures++;
      console.error(`engine: does not take the native library on Node ${version}\n${error.stderr}`);
    }
  }
  return failures;
}

/** [version, path] of each Node to try; those that are not this one come from the registry. */
async function nodeBinaries() {
  const found = [[process.versions.node, process.execPath]];
  const folder = join(work, 'nodes');
  for (const major of (process.env.LILFORMER_NODES ?? '').split(',').filter(Boolean)) {
    if (process.versions.node.startsWith(`${major}.`)) continue;
    const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    const place = join(folder, major);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
    npm(place, 'install', '--ignore-scripts', `node-${platform}@${major}`);
    const binary = join(place, 'node_modules', `node-${platform}`, 'bin', shell ? 'node.exe' : 'node');
    const version = execFileSync(binary, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    found.push([version, binary]);
  }
  return found;
}

function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

async function answering(url) {
  for (let attempt = 0; attempt < 120; attempt++) {
    try {
      if ((await fetch(`${url}-/ping`)).ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`the local registry at ${url} did not answer within 30 s`);
}
