// The base class of layers and models. Parameters and children are found from properties, in the order of assignment, and
// named after them, as in PyTorch's `state_dict`.
import type { NamedArray } from '@lilformer/checkpoints';
import { tidy, type tf } from '@lilformer/engine';
import { ConstantBuffer, Parameter } from './parameter.js';
import { loadStateDict, stateDict } from './state-dict.js';
import { printTree, type TreeForm } from './tree.js';

/**
 * A neural network module, like PyTorch's `nn.Module`. A subclass assigns parameters, constants, modules and arrays of
 * modules to its properties; `this.blocks = [a, b]` adds the children `blocks.0` and `blocks.1`.
 */
export abstract class Module {
  /** Whether the module is in training mode, in which dropout is active. */
  training = true;

  /** Sets training mode, or evaluation mode with `false`, of this module and all below. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Sets evaluation mode of this module and all below. */
  eval(): this {
    return this.train(false);
  }

  /** Runs `run` in evaluation mode, then restores the mode of each module. */
  evaluating<T>(run: () => T): T {
    return this.evaluator()(run);
  }

  /** Returns `evaluating` with the list of modules computed once, for repeated calls. */
  evaluator(): <T>(run: () => T) => T {
    const modules = [...this.namedModules()].map(([, module]) => module);
    return (run) => {
      const training = modules.filter((one) => one.training);
      for (const module of training) module.training = false;
      try {
        return run();
      } finally {
        for (const module of training) module.training = true;
      }
    };
  }

  /** Runs `compute` and disposes every tensor it creates, except those it returns. */
  protected scope<T extends tf.Tensor | readonly tf.Tensor[]>(compute: () => T): T {
    return tidy(compute);
  }

  /** The parameters of this module, without those of its children. */
  *ownParameters(): Iterable<[string, Parameter]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Parameter) yield [name, value];
    }
  }

  /** The constants of this module, without those of its children. */
  *ownBuffers(): Iterable<[string, ConstantBuffer]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof ConstantBuffer) yield [name, value];
    }
  }

  /** The modules one level below; members of an array by index: `ln_final`, `blocks.0`, `blocks.1`. */
  *namedChildren(): Iterable<[string, Module]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) yield [name, value];
      if (!Array.isArray(value)) continue;
      for (const [index, member] of value.entries()) {
        if (member instanceof Module) yield [`${name}.${index}`, member];
      }
    }
  }

  /** This module, named `prefix`, and every module below, each once, parents first. */
  *namedModules(prefix = ''): Iterable<[string, Module]> {
    const seen = new Set<Module>();
    const visit = function* (name: string, module: Module): Iterable<[string, Module]> {
      if (seen.has(module)) return;
      seen.add(module);
      yield [name, module];
      for (const [child, inner] of module.namedChildren()) yield* visit(join(name, child), inner);
    };
    yield* visit(prefix, this);
  }

  /** All parameters by full name; a tied parameter is listed once, under its first name. */
  *namedParameters(): Iterable<[string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, parameter] of module.ownParameters()) {
        if (seen.has(parameter)) continue;
        seen.add(parameter);
        yield [join(path, name), parameter];
      }
    }
  }

  /** Number of trainable values; tied parameters count once. */
  parameterCount(): number {
    let count = 0;
    for (const [, parameter] of this.namedParameters()) count += parameter.size;
    return count;
  }

  /** The entries of the state dict in PyTorch's order; a tied parameter is listed under each of its names. */
  *stateEntries(path = ''): Iterable<[string, Parameter | ConstantBuffer]> {
    for (const [name, parameter] of this.ownParameters()) yield [join(path, name), parameter];
    for (const [name, buffer] of this.ownBuffers()) yield [join(path, name), buffer];
    for (const [name, child] of this.namedChildren()) yield* child.stateEntries(join(path, name));
  }

  /** Copies of all values under PyTorch's names: parameters as F32, and constants. */
  stateDict(): Map<string, NamedArray> {
    return stateDict(this.stateEntries());
  }

  /**
   * Loads all values from a state dict, or none when an error is thrown. F64, F16 and BF16 are converted. Constants may be
   * absent.
   *
   * @param options.strict `false` ignores missing and unexpected entries
   * @throws Error naming every missing, unexpected or mismatched entry, and every constant with other values
   */
  loadStateDict(state: ReadonlyMap<string, NamedArray>, options: { strict?: boolean } = {}): void {
    loadStateDict(this.constructor.name, this.stateEntries(), state, options.strict ?? true);
  }

  /**
   * Stores the weights of all `Linear`, `Conv1D` and `Embedding` layers in bf16 and freezes them: half the memory, relative
   * rounding error up to 2⁻⁹. Biases and norms stay float32. Layers that concatenate weights (RNN, GRU, GRUCell,
   * CausalSelfAttention) throw when they are used.
   */
  toBf16(): this {
    for (const [, parameter] of this.namedParameters()) if (parameter.allowsBf16) parameter.toBf16();
    return this;
  }

  /** Settings in the printed tree, such as `in_features=16, out_features=48, bias=True`. */
  describe(_form: TreeForm): string {
    return '';
  }

  /** The name in the printed tree. */
  treeName(_form: TreeForm): string {
    return this.constructor.name;
  }

  /** Whether the printed tree shows this module. */
  get inTree(): boolean {
    return true;
  }

  /** The tree of modules as PyTorch prints it. With `torch 2.15`, LayerNorm shows whether it has a bias. */
  toString(form: TreeForm = 'torch 2.8'): string {
    return printTree(this, form);
  }

  /** Frees the memory of all parameters and constants. */
  dispose(): void {
    for (const [, module] of this.namedModules()) {
      for (const [, parameter] of module.ownParameters()) parameter.dispose();
      for (const [, buffer] of module.ownBuffers()) buffer.dispose();
    }
  }
}

/** `blocks.0` and `ln1` give `blocks.0.ln1`. */
function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
