// The arguments of the addon's functions, read from the TypeScript interfaces.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Types of arguments. */
export type Kind =
  | 'Float32Array'
  | 'Float64Array'
  | 'Int32Array'
  | 'Uint8Array'
  | 'Numbers'
  | 'Float32Arrays'
  | 'number'
  | 'boolean';

export interface Argument {
  readonly name: string;
  readonly kind: Kind;
  readonly optional: boolean;
}

const KINDS: Record<string, Kind> = {
  Floats: 'Float32Array',
  Float32Array: 'Float32Array',
  Float64Array: 'Float64Array',
  Int32Array: 'Int32Array',
  Uint8Array: 'Uint8Array',
  Numbers: 'Numbers',
  'readonly Floats[]': 'Float32Arrays',
  number: 'number',
  boolean: 'boolean',
};

/** The arguments of every function by name. */
export function signatures(): Map<string, Argument[]> {
  const files = ['../kernels.ts', '../load.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const found = new Map<string, Argument[]>();
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    for (const statement of source.statements) {
      if (!ts.isInterfaceDeclaration(statement) || !/Kernels$|^Machine$/.test(statement.name.text)) continue;
      for (const member of statement.members) {
        if (!ts.isMethodSignature(member)) continue;
        const name = member.name.getText(source);
        found.set(
          name,
          member.parameters.map((parameter) => argument(name, parameter, source)),
        );
      }
    }
  }
  return found;
}

function argument(owner: string, parameter: ts.ParameterDeclaration, source: ts.SourceFile): Argument {
  const name = parameter.name.getText(source);
  const types = parameter.type!.getText(source).split(' | ');
  const kind = KINDS[types[0]];
  if (!kind) throw new Error(`${owner}: ${name} has the type ${types[0]}, which the fuzzer does not support`);
  return { name, kind, optional: types.includes('undefined') };
}
