import { describe, expect, it } from 'vitest';
import { compare } from '../tfjs-suite/compare.mjs';

const run = (tests: Record<string, true | string>, more = {}) => ({ broken: [], tests, ...more });
const none = { neitherPasses: {}, onlyForCpu: {} };

describe('two runs of the suite', () => {
  it('are right when native passes what cpu passes, and what neither passes is listed', () => {
    const cpu = run({ a: true, b: 'wrong', c: true });
    const native = run({ a: true, b: 'wrong' });
    const listed = { neitherPasses: { b: 'reason' }, onlyForCpu: { c: 'reason' } };
    expect(compare(cpu, native, listed)).toEqual({ passed: 1, failed: 0, problems: [] });
  });

  it.each([
    ['a test that only native fails', run({ a: true }), run({ a: 'wrong' }), none, 1],
    ['one that both fail and nobody listed', run({ a: 'wrong' }), run({ a: 'wrong' }), none, 1],
    [
      'one that is listed, and cpu passes',
      run({ a: true }),
      run({ a: 'wrong' }),
      { neitherPasses: { a: '' }, onlyForCpu: {} },
      1,
    ],
    ['one that did not run on native', run({ a: true, b: true }), run({ a: true }), none, 0],
    [
      'an entry that no longer holds',
      run({ a: true }),
      run({ a: true }),
      { neitherPasses: { a: '' }, onlyForCpu: {} },
      0,
    ],
    [
      'an entry without a test',
      run({ a: true }),
      run({ a: true }),
      { neitherPasses: {}, onlyForCpu: { b: '' } },
      0,
    ],
    ['a failure outside of tests', run({}), run({}, { broken: ['beforeAll'] }), none, 0],
    ['a run that was cut short', run({}), run({}, { incompleteReason: 'No specs found' }), none, 0],
  ])('tell of %s', (_, cpu, native, exceptions, failed) => {
    const result = compare(cpu, native, exceptions);
    expect(result.failed).toBe(failed);
    expect(result.problems).toHaveLength(1);
  });
});
