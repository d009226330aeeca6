// A module printed as PyTorch's `print(model)` does: one line a module, arrays of modules as
// `ModuleList` with runs of equal members folded into one (`(0-1): 2 x Block(…)`).
import type { Module } from './module.js';

/** Whose way of printing: newer versions say a little more. */
export type TreeForm = 'torch 2.8' | 'torch 2.15';

/** The tree of `module`; no line break at the end. */
export function printTree(module: Module, form: TreeForm): string {
  const lines: string[] = [];
  for (const [name, children] of byProperty(module)) {
    lines.push(
      ...indent(
        `(${name}): ${Array.isArray(children) ? printList(children, form) : printTree(children, form)}`,
      ),
    );
  }
  const name = module.treeName(form);
  if (lines.length === 0) return `${name}(${module.describe(form)})`;
  return `${name}(\n${lines.join('\n')}\n)`;
}

/** Children by property: `blocks.0` and `blocks.1` are one list again. */
function byProperty(module: Module): Map<string, Module | Module[]> {
  const properties = new Map<string, Module | Module[]>();
  for (const [name, child] of module.namedChildren()) {
    if (!child.inTree) continue;
    const [property, place] = name.split('.');
    if (place === undefined) {
      properties.set(property, child);
      continue;
    }
    const list = properties.get(property);
    if (Array.isArray(list)) list.push(child);
    else properties.set(property, [child]);
  }
  return properties;
}

function printList(members: Module[], form: TreeForm): string {
  const runs: { first: number; last: number; text: string }[] = [];
  for (const [place, member] of members.entries()) {
    const text = printTree(member, form);
    const run = runs.at(-1);
    if (run?.text === text) run.last = place;
    else runs.push({ first: place, last: place, text });
  }
  const lines = runs.flatMap(({ first, last, text }) =>
    indent(first === last ? `(${first}): ${text}` : `(${first}-${last}): ${last - first + 1} x ${text}`),
  );
  return `ModuleList(\n${lines.join('\n')}\n)`;
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

/** A number as Python prints it: 0.00001 as `1e-05`, 1 as `1.0`. */
export function pythonFloat(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
