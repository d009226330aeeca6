import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWheel, libraryBytes, extractLibraries } from './libtensorflow.js';
import { makeWheel, tensorFlowFiles } from './testing/make-wheel.js';
import { Wheel } from './wheel.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lilformer-wheel-'));
  file = join(folder, 'tensorflow.whl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a wheel', () => {
  const files = {
    'a/zeros.bin': Buffer.alloc(3_000_000),
    'a/noise.bin': randomBytes(2_500_000),
    'a/empty': '',
    'a/with, comma "and quote".txt': 'x',
  };

  it('returns the files', async () => {
    makeWheel(file, files);
    const wheel = await Wheel.open(file);
    expect([wheel.name, wheel.version]).toEqual(['tensorflow_cpu', '2.21.0']);
    for (const [name, contents] of Object.entries(files)) {
      const target = join(folder, 'out');
      let counted = 0;
      await wheel.extract(name, target, (count) => (counted += count));
      expect(readFileSync(target).equals(Buffer.from(contents))).toBe(true);
      expect((await wheel.read(name)).equals(Buffer.from(contents))).toBe(true);
      expect([counted, wheel.sizeOf(name)]).toEqual([contents.length, contents.length]);
      rmSync(target);
    }
    await wheel.close();
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  it.skipIf(!python)("reads what Python's own zipfile writes", async () => {
    makeWheel(file, files);
    const program = `
import sys, zipfile
source, target = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED)
assert source.testzip() is None
for name in source.namelist(): target.writestr(name, source.read(name))
target.close()`;
    const theirs = join(folder, 'theirs.whl');
    const { status, stderr } = spawnSync('python3', ['-c', program, file, theirs], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const wheel = await Wheel.open(theirs);
    for (const [name, contents] of Object.entries(files)) {
      expect((await wheel.read(name)).equals(Buffer.from(contents))).toBe(true);
    }
    await wheel.close();
  });

  it.each(['a/zeros.bin', 'a/noise.bin'])('reports that %s does not match RECORD', async (name) => {
    const other = Buffer.from(files[name as 'a/noise.bin']);
    other[1000] ^= 1;
    makeWheel(file, files, { recorded: { [name]: other } });
    const wheel = await Wheel.open(file);
    await expect(wheel.read(name)).rejects.toThrow(/RECORD says .* the wheel is damaged/);
    await expect(wheel.extract(name, join(folder, 'out'), () => undefined)).rejects.toThrow(/damaged/);
    await wheel.close();
  });

  it('reports truncated, invalid and missing files', async () => {
    makeWheel(file, files);
    const whole = readFileSync(file);
    for (const length of [0, 1, 21, 1000, whole.length - 1]) {
      truncateSync(file, length);
      await expect(Wheel.open(file)).rejects.toThrow(/expected a wheel|cut short/);
      writeFileSync(file, whole);
    }
    // The end is there, the middle is not.
    writeFileSync(file, whole.subarray(500_000));
    await expect(Wheel.open(file)).rejects.toThrow();
    await expect(Wheel.open(join(folder, 'nowhere.whl'))).rejects.toThrow(/ENOENT/);
  });
});

describe('libtensorflow', () => {
  it('consists of two libraries with links, and the included headers', async () => {
    const contents = tensorFlowFiles();
    makeWheel(file, contents);
    const wheel = await Wheel.open(file);
    expect(await checkWheel(wheel)).toEqual({ cuda: false });
    let bytes = 0;
    const { headers } = await extractLibraries(wheel, folder, (count) => (bytes += count));
    expect(bytes).toBe(libraryBytes(wheel));
    const lib = join(folder, 'lib');
    expect(readlinkSync(join(lib, 'libtensorflow.so'))).toBe('libtensorflow_cc.so.2');
    expect(readFileSync(join(lib, 'libtensorflow.so'), 'utf8')).toBe(
      contents['tensorflow/libtensorflow_cc.so.2'],
    );
    expect(readFileSync(join(lib, 'libtensorflow_framework.so'), 'utf8')).toBe('framework');
    const taken = readdirSync(join(folder, 'include'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.h'),
    );
    const wanted = Object.keys(contents)
      .filter((name) => name.endsWith('.h') && !name.endsWith('/tensor.h'))
      .map((name) => name.slice('tensorflow/include/'.length));
    expect(taken.sort()).toEqual(wanted.sort());
    expect(headers).toBe(wanted.length);
    await wheel.close();
  });

  it('detects CUDA', async () => {
    makeWheel(file, tensorFlowFiles(true), { name: 'tensorflow' });
    const wheel = await Wheel.open(file);
    expect(await checkWheel(wheel)).toEqual({ cuda: true });
    await wheel.close();
  });

  it.each([
    [{ tag: 'cp311-cp311-macosx_12_0_arm64' }, /built for cp311-cp311-macosx_12_0_arm64; expected Linux/],
    [{ tag: 'cp311-cp311-manylinux_2_27_s390x' }, /expected Linux on/],
    [{ name: 'numpy' }, /expected a wheel of tensorflow or tensorflow-cpu for Linux; it is one of numpy/],
  ])('is refused where it does not fit: %j', async (options, message) => {
    makeWheel(file, tensorFlowFiles(), options);
    const wheel = await Wheel.open(file);
    await expect(checkWheel(wheel)).rejects.toThrow(message);
    await wheel.close();
  });

  it('is rejected when incomplete', async () => {
    const { 'tensorflow/libtensorflow_cc.so.2': _, ...rest } = tensorFlowFiles();
    makeWheel(file, rest);
    const wheel = await Wheel.open(file);
    await expect(checkWheel(wheel)).rejects.toThrow(/it has no tensorflow\/libtensorflow_cc.so.2/);
    await wheel.close();
  });
});
