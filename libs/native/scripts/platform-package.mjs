// Makes the npm package of a platform at platforms/<platform> from its library, with the version of @lilformer/native. Checks
// the library's format, processor and required glibc, and, on the platform itself, that it computes with each instruction
// set.
//
//     node scripts/platform-package.mjs [PLATFORM LIBRARY] [--any-glibc]
//
// Without arguments: this platform and the local build.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GLIBC, PLATFORMS, packageName, thisPlatform } from './platforms.mjs';

const project = resolve(import.meta.dirname, '..');
const FILE = 'lilformer-native.node';

/**
 * Makes a package; returns its folder.
 * @throws Error when the library is not one for this platform
 */
export function makePackage(platform, library, { anyGlibc = false, folder } = {}) {
  const known = PLATFORMS[platform];
  if (!known) throw new Error(`platform ${platform}: expected one of ${Object.keys(PLATFORMS).join(', ')}`);
  if (!existsSync(library)) throw new Error(`${library}: no such file, expected a library for ${platform}`);
  checkLibrary(platform, known, library, anyGlibc);
  const { version, license, engines, homepage, bugs, repository } = manifest();
  const to = folder ?? join(project, 'platforms', platform);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  copyFileSync(library, join(to, FILE));
  copyFileSync(join(project, 'LICENSE'), join(to, 'LICENSE'));
  const { os, cpu, libc, target } = known;
  const description = `The library of @lilformer/native for ${target}.`;
  writeFileSync(
    join(to, 'package.json'),
    `${JSON.stringify(
      {
        name: packageName(platform),
        version,
        description,
        homepage,
        bugs,
        repository,
        license,
        engines,
        os: [os],
        cpu: [cpu],
        ...(libc ? { libc: [libc] } : {}),
        main: FILE,
        files: [FILE],
        publishConfig: { access: 'public' },
      },
      undefined,
      2,
    )}\n`,
  );
  writeFileSync(
    join(to, 'README.md'),
    `# ${packageName(platform)}\n\n${description} npm installs it beside @lilformer/native where it fits; nobody needs to name it.\n`,
  );
  if (platform === thisPlatform()) tryLibrary(join(to, FILE));
  return to;
}

/** The package.json of @lilformer/native. */
export function manifest() {
  return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
}

function checkLibrary(platform, { format, machine }, library, anyGlibc) {
  const bytes = readFileSync(library);
  const found = identify(bytes);
  if (found.format !== format || found.machine !== machine) {
    const hex = found.machine === undefined ? '' : `, machine 0x${found.machine.toString(16)}`;
    throw new Error(
      `${library}: ${found.format}${hex}, expected ${format}, machine 0x${machine.toString(16)}`,
    );
  }
  const text = bytes.toString('latin1');
  if (!text.includes('napi_register_module_v1')) throw new Error(`${library}: not a library for Node`);
  const glibc = [...text.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(
    ([, major, minor]) => major * 1000 + Number(minor),
  );
  const [major, minor] = GLIBC.split('.').map(Number);
  if (!anyGlibc && platform.endsWith('-gnu') && Math.max(0, ...glibc) > major * 1000 + minor) {
    const newest = Math.max(...glibc) % 1000;
    throw new Error(`${library}: needs glibc 2.${newest}, expected at most ${GLIBC}; build it for that one`);
  }
  if (platform.endsWith('-musl') && glibc.length > 0) {
    throw new Error(`${library}: needs glibc, expected a library for musl`);
  }
}

/** Format and processor of a library. */
function identify(bytes) {
  if (bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46) {
    return { format: 'elf', machine: bytes.readUInt16LE(18) };
  }
  if (bytes.length > 64 && bytes.readUInt32LE(0) === 0xfeedfacf) {
    return { format: 'mach-o', machine: bytes.readUInt32LE(4) };
  }
  if (bytes.length > 64 && bytes.toString('latin1', 0, 2) === 'MZ') {
    return { format: 'pe', machine: bytes.readUInt16LE(bytes.readUInt32LE(60) + 4) };
  }
  return { format: 'no library' };
}

/** Loads it in a separate process for each instruction set, and computes something. */
function tryLibrary(library) {
  const program = `
    const module = { exports: {} };
    process.dlopen(module, ${JSON.stringify(library)});
    const native = module.exports;
    const x = Float32Array.from({ length: 37 }, (_, i) => i);
    const y = new Float32Array(1);
    native.reduce(x, y, 0, 1, 37, 1, 2); // the sum, times 2
    if (y[0] !== 36 * 37) throw new Error('twice the sum of 0 to 36 is ' + y[0]);
    console.log(native.simdLevel());`;
  for (const kind of ['', 'avx2', 'portable']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      encoding: 'utf8',
      env: { ...process.env, LILFORMER_SIMD: kind },
    });
    if (status !== 0) throw new Error(`${library} does not work${kind && ` with ${kind}`}:\n${stderr}`);
    console.log(`native: ${library} computes with ${stdout.trim()}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const [platform = thisPlatform(), library = join(project, 'build', FILE)] = words;
  try {
    console.log(
      `native: ${makePackage(platform, library, { anyGlibc: process.argv.includes('--any-glibc') })}`,
    );
  } catch (error) {
    console.error(`native: ${error.message}`);
    process.exitCode = 1;
  }
}
