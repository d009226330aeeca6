// Prints a module as PyTorch's `print(model)` does. Equal consecutive members of an array are folded: `(0-1): 2 x Block(…)`.

/** Whose format: PyTorch 2.8 with transformers 4, or PyTorch 2.15 with transformers 5. */
export type TreeForm = 'torch 2.8' | 'torch 2.15';

/** What the printer needs of a module. */
interface TreeNode {
  readonly inTree: boolean;
  treeName(form: TreeForm): string;
  describe(form: TreeForm): string;
  namedChildren(): Iterable<[string, TreeNode]>;
}

/** The tree of `module`, without a final newline. */
export function printTree(module: TreeNode, form: TreeForm): string {
  const name = module.treeName(form);
  const lines = [...byProperty(module)].flatMap(([property, children]) => {
    const text = Array.isArray(children) ? printList(children, form) : printTree(children, form);
    return indent(`(${property}): ${text}`);
  });
  if (lines.length === 0) return `${name}(${module.describe(form)})`;
  return `${name}(\n${lines.join('\n')}\n)`;
}

/** Children by property; `blocks.0` and `blocks.1` form one list. */
function byProperty(module: TreeNode): Map<string, TreeNode | TreeNode[]> {
  const properties = new Map<string, TreeNode | TreeNode[]>();
  for (const [name, child] of module.namedChildren()) {
    if (!child.inTree) continue;
    const [property, index] = name.split('.');
    const list = properties.get(property);
    if (index === undefined) properties.set(property, child);
    else if (Array.isArray(list)) list.push(child);
    else properties.set(property, [child]);
  }
  return properties;
}

function printList(members: readonly TreeNode[], form: TreeForm): string {
  const runs: { first: number; last: number; text: string }[] = [];
  for (const [index, member] of members.entries()) {
    const text = printTree(member, form);
    const run = runs.at(-1);
    if (run?.text === text) run.last = index;
    else runs.push({ first: index, last: index, text });
  }
  const lines = runs.flatMap(({ first, last, text }) =>
    indent(first === last ? `(${first}): ${text}` : `(${first}-${last}): ${last - first + 1} x ${text}`),
  );
  return `ModuleList(\n${lines.join('\n')}\n)`;
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

/** Formats a number as Python does: 0.00001 as `1e-05`, 1 as `1.0`. */
export function pythonFloat(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
