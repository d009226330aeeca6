import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { displayPath, resolveUserPath } from './paths.js';

const INIT_CWD = join(import.meta.dirname, 'testing');

afterEach(() => vi.unstubAllEnvs());

describe('a path that the user typed', () => {
  it('is relative to the current folder, whatever npm sets', () => {
    vi.stubEnv('INIT_CWD', INIT_CWD);
    vi.stubEnv('NX_TASK_TARGET_PROJECT', undefined);
    expect(resolveUserPath('a.txt')).toBe(join(process.cwd(), 'a.txt'));
    expect(displayPath(join(process.cwd(), 'a.txt'))).toBe('a.txt');
  });

  it('is relative to the folder in which Nx was started', () => {
    vi.stubEnv('INIT_CWD', INIT_CWD);
    vi.stubEnv('NX_TASK_TARGET_PROJECT', 'trainer');
    expect(resolveUserPath('a.txt')).toBe(join(INIT_CWD, 'a.txt'));
    expect(displayPath(join(INIT_CWD, 'a.txt'))).toBe('a.txt');
  });
});
