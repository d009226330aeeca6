import { expect, it } from 'vitest';
import { asWord, circumstances, describeCircumstances } from './machine.js';

it('shortens paths on the command line', () => {
  const words = ['--python', '/home/somebody/.venv/bin/python', '--workload', 'a,b', '--model', 'my model'];
  expect(words.map(asWord)).toEqual(['--python', '…/python', '--workload', 'a,b', '--model', "'my model'"]);
});

it('describes machine, versions and date', () => {
  const text = describeCircumstances(circumstances('training'));
  expect(text).toContain(`Node ${process.versions.node}`);
  expect(text).toContain(new Date().toISOString().slice(0, 7));
  expect(text).not.toContain('undefined');
});
