import { afterEach, expect, it, vi } from 'vitest';
import { shellCommand } from './index.js';

afterEach(() => vi.unstubAllGlobals());

it('quotes for the shells of Windows there', () => {
  vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } }));
  const args = ['--run', 'C:\\runs\\a', '--prompt', "it's said"];
  expect(shellCommand('trainer:train', args)).toMatch(/ --run C:\\runs\\a --prompt "it's said"$/);
});
