// Writes the TypeScript side of the addon's functions from their Rust signatures: src/calls.ts. `--check` compares instead.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const PROJECT = resolve(import.meta.dirname, '..');
const SOURCES = join(PROJECT, 'rust', 'bindings');

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
  Several: 'Float32Array[]',
  f64: 'number',
  u32: 'number',
  i32: 'number',
  bool: 'boolean',
};
const RESULTS = {
  '()': 'void',
  f64: 'number',
  f32: 'number',
  u32: 'number',
  bool: 'boolean',
  "&'static str": 'string',
};

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * The addon's functions in the order of their files.
 *
 * @returns {{ name: string, isKernel: boolean, result: string, parameters: { name: string, type: string, optional: boolean }[] }[]}
 * @throws Error when a type has no equivalent here
 */
export function rustFunctions() {
  return readdirSync(SOURCES)
    .filter((file) => file !== 'mod.rs')
    .sort()
    .flatMap((file) => functionsIn(readFileSync(join(SOURCES, file), 'utf8'), file));
}

function functionsIn(source, file) {
  const found = source.matchAll(
    /#\[napi(?:\(catch_unwind\))?\]\npub fn (\w+)\(([^)]*?)\)(?: -> ([^{]*?))? \{/g,
  );
  return [...found].map(([, rustName, list, result = '()']) => {
    const where = `${file}: ${rustName}`;
    const parameters = list
      .split(',')
      .map((text) => text.trim())
      .filter(Boolean)
      .map((text) => {
        const [name, rust] = text.split(': ');
        const inner = /^Option<(.*)>$/.exec(rust)?.[1];
        const type = TYPES[inner ?? rust];
        if (!type) throw new Error(`${where}: ${name}: no TypeScript type for ${rust}. Add it to TYPES`);
        return { name: camelCase(name), type, optional: inner !== undefined };
      });
    const type = RESULTS[/^Result<(.*)>$/.exec(result)?.[1] ?? result];
    if (!type) throw new Error(`${where}: no TypeScript type for the result ${result}. Add it to RESULTS`);
    return { name: camelCase(rustName), isKernel: file !== 'machine.rs', result: type, parameters };
  });
}

const TEXT_TYPES = {
  Float32Array: 'Floats',
  Float64Array: 'Float64Array<ArrayBufferLike>',
  Int32Array: 'Int32Array<ArrayBufferLike>',
  Uint8Array: 'Uint8Array<ArrayBufferLike>',
  'Float32Array[]': 'readonly Floats[]',
};

function typescript() {
  const kernels = rustFunctions().filter(({ isKernel }) => isKernel);
  const signature = ({ name, parameters, result }) => {
    const list = parameters.map(({ name, type, optional }) => {
      const text = TEXT_TYPES[type] ?? type;
      return `${name}: ${text}${optional ? ' | undefined' : ''}`;
    });
    return `${name}(${list.join(', ')}): ${result};`;
  };
  const call = ({ name, parameters }) => {
    const values = parameters.map(({ name }) => `call.${name}`);
    return `${name}: (call) => addon.${name}(${values.join(', ')}),`;
  };
  return `// Generated from rust/bindings by scripts/generate-calls.mjs; not to be edited.
import type { Floats, Kernels, Numbers } from '@lilformer/kernels';

/** The kernels of the addon, with positional arguments. */
export interface AddonKernels {
${kernels.map(signature).join('\n')}
}

/** The kernels of the addon, with an object as argument. */
export function kernelsOf(addon: AddonKernels): Kernels {
  return {
${kernels.map(call).join('\n')}
  };
}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(PROJECT, 'src', 'calls.ts');
  const text = await format(typescript(), { ...(await resolveConfig(file)), filepath: file });
  const shown = relative(process.cwd(), file);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(shown);
  } else if (readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== text) {
    console.error(`${shown}: not what rust/bindings says. Run npx nx run native:generate-calls`);
    process.exit(1);
  }
}
