// Names of things inside modules.

/** `blocks.0` and `ln1` make `blocks.0.ln1`. */
export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
