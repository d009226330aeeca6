// The base of every layer and model: what it holds is found from its properties, in the order they are
// declared, and named after them, so that the names are those of PyTorch's `state_dict`. Loading and
// saving the values is in state-dict.ts, the printed tree in tree.ts.
import type { NamedArray } from '@lilformer/checkpoints';
import { tidy, type tf } from '@lilformer/engine';
import { join } from './names.js';
import { ConstantBuffer, Parameter } from './parameter.js';
import { entries, loadStateDict, stateDict } from './state-dict.js';
import { printTree, type TreeForm } from './tree.js';

/**
 * Something with parameters. A subclass assigns parameters, constants, modules and arrays of modules to
 * its properties; `this.blocks = [a, b]` holds the children `blocks.0` and `blocks.1`. Properties that
 * are null, undefined or anything else are no part of it.
 */
export abstract class Module {
  /** Whether this is training (dropout acts) or evaluating; set by `train` and `eval`. */
  training = true;

  /** Sets this module and all inside it to training, or with `false` to evaluating. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Sets this module and all inside it to evaluating: dropout does nothing. */
  eval(): this {
    return this.train(false);
  }

  /** Runs with this module and all inside it evaluating, and puts each back as it was, whatever happens. */
  evaluating<T>(run: () => T): T {
    return this.evaluator()(run);
  }

  /** `evaluating` for many times in a row: finds the modules once, and not those that come later. */
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

  /** Runs `compute` and frees every tensor that it made, except those it returns. */
  protected scope<T extends tf.Tensor | readonly tf.Tensor[]>(compute: () => T): T {
    return tidy(compute);
  }

  /** The parameters of this module itself, not of its children: `weight`, `bias`. */
  *ownParameters(): Iterable<[string, Parameter]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Parameter) yield [name, value];
    }
  }

  /** The constants of this module itself. */
  *ownBuffers(): Iterable<[string, ConstantBuffer]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof ConstantBuffer) yield [name, value];
    }
  }

  /** The modules one level below, an array's members by place: `ln_final`, `blocks.0`, `blocks.1`. */
  *namedChildren(): Iterable<[string, Module]> {
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) yield [name, value];
      if (!Array.isArray(value)) continue;
      for (const [place, member] of value.entries()) {
        if (member instanceof Module) yield [`${name}.${place}`, member];
      }
    }
  }

  /** This module (named `prefix`, by default empty) and every module below it, each once, parents first. */
  *namedModules(prefix = ''): Iterable<[string, Module]> {
    const seen = new Set<Module>();
    const below = function* (name: string, module: Module): Iterable<[string, Module]> {
      if (seen.has(module)) return;
      seen.add(module);
      yield [name, module];
      for (const [child, inner] of module.namedChildren()) yield* below(join(name, child), inner);
    };
    yield* below(prefix, this);
  }

  /** All parameters with their full names; one that several modules share comes once, under its first name. */
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

  /** Number of trained values: the sizes of all parameters, shared ones counted once. */
  parameterCount(): number {
    let count = 0;
    for (const [, parameter] of this.namedParameters()) count += parameter.size;
    return count;
  }

  /** Everything that the state dict has, in its order: a shared parameter comes under each of its names. */
  stateEntries(): Iterable<[string, Parameter | ConstantBuffer]> {
    return entries(this);
  }

  /** Copies of all values under PyTorch's names and in its order: parameters as F32, and the constants. */
  stateDict(): Map<string, NamedArray> {
    return stateDict(this);
  }

  /**
   * Takes over all values from a state dict, by name. F64, F16 and BF16 are converted. Constants may be
   * absent; where present they have to be what this module computes itself. Either everything is taken
   * over or, when an error is thrown, nothing.
   *
   * @param options.strict `false` leaves parameters that are missing as they are and ignores surplus entries
   * @throws Error naming every missing, surplus, misshapen and otherwise unusable entry at once
   */
  loadStateDict(state: ReadonlyMap<string, NamedArray>, options: { strict?: boolean } = {}): void {
    loadStateDict(this, state, options.strict ?? true);
  }

  /** Settings to show in the printed tree, such as `in_features=16, out_features=48, bias=True`. */
  describe(_form: TreeForm): string {
    return '';
  }

  /** The name to show in the printed tree: the class's. */
  treeName(_form: TreeForm): string {
    return this.constructor.name;
  }

  /** Whether the printed tree shows this module. */
  get inTree(): boolean {
    return true;
  }

  /**
   * The module and all inside it, as PyTorch prints modules.
   * @param form how they are printed by PyTorch 2.8 and transformers 4 (the default), or by PyTorch 2.15 and
   *   transformers 5, where a LayerNorm says whether it has a bias
   */
  toString(form: TreeForm = 'torch 2.8'): string {
    return printTree(this, form);
  }

  /** Frees the memory of all parameters and constants. The module cannot be used after. */
  dispose(): void {
    for (const [, module] of this.namedModules()) {
      for (const [, parameter] of module.ownParameters()) parameter.dispose();
      for (const [, buffer] of module.ownBuffers()) buffer.dispose();
    }
  }
}
