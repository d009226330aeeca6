import { describe, expect, it } from 'vitest';
import { HELP, parseCommand } from './command-line.js';

const nothing = { wheel: undefined, python: undefined, tensorflow: undefined, nodedir: undefined };

describe('parseCommand', () => {
  it('reads the commands and their options', () => {
    expect(parseCommand(['install'])).toEqual({
      kind: 'install',
      gpu: false,
      force: false,
      proof: true,
      ...nothing,
    });
    expect(
      parseCommand([
        'install',
        '--gpu',
        '--no-proof',
        '--force',
        '--python=/usr/bin/python3',
        '--tensorflow',
        '2.21.0',
      ]),
    ).toEqual({
      ...{ kind: 'install', gpu: true, force: true, proof: false, ...nothing },
      ...{ python: '/usr/bin/python3', tensorflow: '2.21.0' },
    });
    expect(parseCommand(['install', '--wheel', import.meta.filename])).toMatchObject({
      wheel: import.meta.filename,
    });
    expect(parseCommand(['status'])).toEqual({ kind: 'status' });
    expect(parseCommand(['uninstall', '--gpu'])).toEqual({ kind: 'uninstall', gpu: true });
  });

  it.each([[[]], [['--help']], [['install', '--help']], [['help']]])('shows its help for %j', (args) => {
    expect(parseCommand(args)).toEqual({ kind: 'help' });
  });

  it('has every option in its help', () => {
    for (const name of ['wheel', 'python', 'tensorflow', 'gpu', 'nodedir', 'no-proof', 'force']) {
      expect(HELP).toMatch(new RegExp(`^  --${name} `, 'm'));
    }
  });

  it.each([
    [['fly'], /^fly: expected install, status or uninstall/],
    [['install', '--fast'], /^--fast: install has no such option/],
    [['status', '--gpu'], /^--gpu: status has no such option/],
    [['install', 'me'], /^me: expected options only/],
    [['install', '--wheel', 'nowhere.whl'], /^--wheel nowhere.whl: there is no such file/],
    [['install', '--wheel='], /^--wheel: expected a value after it/],
    [['install', '--wheel'], /--wheel.*missing/],
    [
      ['install', '--wheel', import.meta.filename, '--python', 'python3'],
      /^--python: nothing is fetched with --wheel/,
    ],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});
