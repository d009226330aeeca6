// Settings of models, checked: every model's constructor passes its settings through here.
import { checkSize } from '@lilformer/layers';

/**
 * Checks that `settings` has exactly the sizes named, each a whole number of at least 1.
 *
 * @param type the model, for the messages
 * @param names all sizes of that model
 * @param others settings that are no sizes; they are not checked and not given back
 * @returns the settings with their type, as `createModel` takes them
 * @throws RangeError or TypeError naming the setting
 */
export function checkConfig<Type extends string, Name extends string>(
  type: Type,
  settings: { readonly [N in Name]: number },
  names: readonly Name[],
  others: readonly string[] = [],
): { readonly type: Type } & { readonly [N in Name]: number } {
  const known: readonly string[] = ['type', ...names, ...others];
  const surplus = Object.keys(settings).filter((name) => !known.includes(name));
  if (surplus.length > 0) {
    throw new TypeError(
      `${type}: unknown setting ${surplus.join(', ')}; it has ${[...names, ...others].join(', ')}`,
    );
  }
  const sizes = {} as { [N in Name]: number };
  for (const name of names) sizes[name] = checkSize(`${type}: ${name}`, settings[name]);
  const { dModel, nHeads } = sizes as { dModel?: number; nHeads?: number };
  if (dModel !== undefined && nHeads !== undefined) checkHeads(`${type}: nHeads`, nHeads, dModel);
  return Object.freeze({ type, ...sizes });
}

/**
 * Gives back `value`, a setting called `name` that is one of some words.
 * @throws RangeError when it is none of them
 */
export function checkChoice<const Choice extends string>(
  name: string,
  value: Choice,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value)) return value;
  throw new RangeError(`${name} ${String(value)}: expected ${choices.join(' or ')}`);
}

/**
 * Gives back `value`, a share called `name`, such as of what dropout drops.
 * @throws RangeError when it is not a number from 0 to below 1
 */
export function checkShare(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw new RangeError(`${name} ${String(value)}: expected a number from 0 to below 1`);
}

/**
 * Gives back `id`, a token called `name`, which there need not be.
 * @throws RangeError when it is not a whole number below `vocabSize`
 */
export function checkId<Id extends number | undefined>(name: string, id: Id, vocabSize: number): Id {
  if (id === undefined || (Number.isInteger(id) && id >= 0 && id < vocabSize)) return id;
  throw new RangeError(`${name} ${String(id)}: expected a token of the vocabulary, 0 to ${vocabSize - 1}`);
}

/**
 * Checks a number of heads called `name`, which share `dModel`.
 * @throws RangeError when they cannot do so evenly
 */
export function checkHeads(name: string, heads: number, dModel: number): void {
  checkSize(name, heads);
  if (dModel % heads !== 0) {
    throw new RangeError(`${name} ${heads}: expected a divisor of dModel, ${dModel}, which the heads share`);
  }
}
