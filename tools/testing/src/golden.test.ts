// The README of the reference values states the sizes, tolerances and tests that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goldenJson, golden, tolerances } from './index.js';

const folder = resolve(import.meta.dirname, '../../golden');
const readme = readFileSync(resolve(folder, 'README.md'), 'utf8');

describe('README of the reference values', () => {
  it('has the parameter count of every model', () => {
    const cases = readdirSync(golden(''), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('io.safetensors') && !path.startsWith('hf'))
      .map((path) => path.slice(0, -'/io.safetensors'.length));
    expect(cases).toHaveLength(17);
    for (const name of cases) {
      const { parameters } = goldenJson<{ parameters: number }>(`${name}/config.json`);
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
      expect(row, name).toContain(` ${parameters.toLocaleString('en-US')} `);
    }
  });

  it('has the tolerances', () => {
    const text = readme.replace(/\s+/g, ' ');
    const stated = (name: string) => Number(text.match(new RegExp(`\`${name}\`: (\\d+e-\\d+)`))?.[1]);
    expect({
      output: stated('output'),
      pretrained: stated('pretrained'),
      elementwise: stated('elementwise'),
      trainedWeights: stated('trained weights'),
    }).toEqual(tolerances);
  });

  it('links files that exist', () => {
    const links = Array.from(readme.matchAll(/\]\((\.\.\/[^)]*)\)/g), ([, link]) => link);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !existsSync(resolve(folder, link)))).toEqual([]);
  });
});
