// The release step before `changeset publish`: publishes the packages of all platforms and adds them to the optional
// dependencies of @lilformer/native. That change is published but never committed.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { manifest } from './platform-package.mjs';
import { PLATFORMS, packageName } from './platforms.mjs';

const project = resolve(import.meta.dirname, '..');
const own = manifest();
const published = (name) => {
  const { status } = spawnSync('npm', ['view', `${name}@${own.version}`, 'version', '--json'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return status === 0;
};

if (published(own.name)) {
  console.log(`native: ${own.name} ${own.version} is published; nothing to do`);
  process.exit(0);
}
const folders = Object.keys(PLATFORMS).map((platform) => [platform, join(project, 'platforms', platform)]);
const missing = folders.filter(([, folder]) => !existsSync(join(folder, 'package.json')));
if (missing.length > 0) {
  const names = missing.map(([platform]) => platform).join(', ');
  console.error(`native: no package for ${names}; scripts/platform-package.mjs makes each from a library`);
  process.exit(1);
}
for (const [platform, folder] of folders) {
  if (published(packageName(platform))) continue;
  const { status } = spawnSync('npm', ['publish', folder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(1);
}
own.optionalDependencies = Object.fromEntries(
  Object.keys(PLATFORMS).map((platform) => [packageName(platform), own.version]),
);
writeFileSync(join(project, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
console.log(`native: ${folders.length} platforms are published and named as optional dependencies`);
