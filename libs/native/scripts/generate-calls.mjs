// Writes the TypeScript side of the calls in rust/kernels/src/calls from their Rust signatures: src/calls.ts here, which passes
// positional arguments to the addon, and src/calls.ts of @lilformer/wasm, which writes them to memory. `--check` compares
// instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const PROJECT = resolve(import.meta.dirname, '..');
const SOURCES = join(PROJECT, 'rust/kernels/src/calls');

/** TypeScript types of the arguments' Rust types. */
const TYPES = {
  'Input<f32>': 'Float32Array',
  'Output<f32>': 'Float32Array',
  'Input<f64>': 'Float64Array',
  'Input<i32>': 'Int32Array',
  'Output<i32>': 'Int32Array',
  'Input<u8>': 'Uint8Array',
  NumbersInput: 'Numbers',
  NumbersOutput: 'Numbers',
  Inputs: 'Float32Array[]',
  Outputs: 'Float32Array[]',
  f64: 'number',
  u32: 'number',
  i32: 'number',
  bool: 'boolean',
};
const RESULTS = { '()': 'void', f64: 'number', bool: 'boolean' };

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * The functions in the order of their indices.
 *
 * @returns {{ name: string, isKernel: boolean, result: string, parameters: { name: string, type: string, optional: boolean }[] }[]}
 * @throws Error when a function is missing, or a type has no equivalent here
 */
export function rustFunctions() {
  const list = /^calls! \{\n([\s\S]*?)\n\}/m.exec(readFileSync(join(SOURCES, 'mod.rs'), 'utf8'));
  if (!list) throw new Error(`${SOURCES}/mod.rs: no list "calls! { … }" of the functions`);
  return [...list[1].matchAll(/(\w+)::\{([^}]*)\}/g)].flatMap(([, module, names]) => {
    const source = readFileSync(join(SOURCES, `${module}.rs`), 'utf8');
    return names
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => ({ ...functionIn(source, module, name), isKernel: module !== 'machine' }));
  });
}

function functionIn(source, module, rustName) {
  const where = `${module}.rs: ${rustName}`;
  const found = new RegExp(`^pub fn ${rustName}\\(([^)]*)\\) -> Result<([^>]*)>`, 'm').exec(source);
  if (!found) throw new Error(`${where}: not found, expected pub fn ${rustName}(…) -> Result<…>`);
  const [, list, rustResult] = found;
  const parameters = list
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)
    .map((text) => {
      const [name, rust] = text.split(': ');
      const inner = /^Option<(.*)>$/.exec(rust)?.[1];
      const type = TYPES[inner ?? rust];
      if (!type) throw new Error(`${where}: ${name}: no TypeScript type for ${rust}. Add it to TYPES`);
      return { name: camelCase(name), type, optional: inner !== undefined, isOutput: /Output/.test(rust) };
    });
  const result = RESULTS[rustResult];
  if (!result)
    throw new Error(`${where}: no TypeScript type for the result ${rustResult}. Add it to RESULTS`);
  return { name: camelCase(rustName), result, parameters };
}

const TEXT_TYPES = {
  Float32Array: 'Floats',
  Float64Array: 'Float64Array<ArrayBufferLike>',
  Int32Array: 'Int32Array<ArrayBufferLike>',
  Uint8Array: 'Uint8Array<ArrayBufferLike>',
  'Float32Array[]': 'readonly Floats[]',
};

/** Of all functions, those of the interface `Kernels`, and the others. */
function partsOf() {
  const functions = rustFunctions().map((each, index) => ({ ...each, index }));
  return [functions.filter(({ isKernel }) => isKernel), functions.filter(({ isKernel }) => !isKernel)];
}

const typed = ({ name, type, optional }) =>
  `${name}: ${TEXT_TYPES[type] ?? type}${optional ? ' | undefined' : ''}`;

function forAddon() {
  const [kernels, machine] = partsOf();
  const signature = ({ name, parameters, result }) =>
    `${name}(${parameters.map(typed).join(', ')}): ${result === 'void' ? 'void' : 'number'};`;
  const call = ({ name, parameters, result }) => {
    const values = parameters.map(({ name }) => `call.${name}`).join(', ');
    return `${name}: (call) => addon.${name}(${values})${result === 'boolean' ? ' === 1' : ''},`;
  };
  return `// Generated from rust/kernels/src/calls by scripts/generate-calls.mjs; not to be edited.
import type { Floats, Kernels, Numbers } from '@lilformer/kernels';

/** The functions of the addon, with positional arguments. */
export interface Addon {
${[...kernels, ...machine].map(signature).join('\n')}
}

/** The kernels of the addon, with an object as argument. */
export function kernelsOf(addon: Addon): Kernels {
  return {
${kernels.map(call).join('\n')}
  };
}
`;
}

function forWasm() {
  const [kernels, machine] = partsOf();
  const argument = ({ name, type, isOutput }) => {
    if (type === 'number' || type === 'boolean') return `.${type}(call.${name})`;
    const method = isOutput ? 'output' : 'input';
    return `.${method}${type.endsWith('[]') ? 's' : ''}(call.${name})`;
  };
  const body = ({ index, parameters, result }) => {
    const call = `instance.start()${parameters.map(argument).join('')}.call(${index})`;
    return result === 'void' ? `void ${call}` : `${call}${result === 'boolean' ? ' === 1' : ''}`;
  };
  const threads = machine.find(({ name }) => name === 'setThreads');
  return `// Generated from libs/native/rust/kernels/src/calls by its scripts/generate-calls.mjs; not to be edited.
import type { Kernels } from '@lilformer/kernels';
import type { Instance } from './instance.js';

/** The kernels of an instance. */
export function kernelsOf(instance: Instance): Kernels {
  return {
${kernels.map((each) => `${each.name}: (call) => ${body(each)},`).join('\n')}
  };
}

/** Sets the number of threads, and returns the new number. */
export function setThreads(instance: Instance, call: { count: number }): number {
  return ${body(threads)};
}
`;
}

const FILES = { 'src/calls.ts': forAddon, '../wasm/src/calls.ts': forWasm };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(PROJECT, name);
    const formatted = await format(text(), { ...(await resolveConfig(file)), filepath: file });
    const shown = relative(process.cwd(), file);
    if (!process.argv.includes('--check')) {
      writeFileSync(file, formatted);
      console.log(shown);
    } else if (readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== formatted) {
      console.error(`${shown}: differs from the Rust signatures. Run npx nx run native:generate-calls`);
      process.exitCode = 1;
    }
  }
}
