// Prefix tree of tokens by code unit, for the tokens that start at a position of a text.
import { MISSING, PairMap } from '../bpe/pair-map.js';
import { show } from '../json-fields.js';

/** Each position of a text is compared with tokens up to this length. Vocabularies have less than 100. */
const MAX_TOKEN = 512;

export class Trie {
  /** Node and code unit to the child's node. */
  readonly #children: PairMap;
  /** Index of the token that ends at a node; -1 for none. */
  readonly #values: number[] = [-1];

  /**
   * Of equal tokens the first counts; the empty one is ignored.
   *
   * @param where the list of tokens, for messages
   * @throws Error for a token of more than 512 characters
   */
  constructor(tokens: readonly string[], where: string) {
    this.#children = new PairMap(tokens.length);
    tokens.forEach((token, index) => {
      if (token.length > MAX_TOKEN)
        throw new Error(
          `${where}: token ${index} has ${token.length} characters (${show(token)}). Expected at most ${MAX_TOKEN}.`,
        );
      let node = 0;
      for (let i = 0; i < token.length; i++) {
        const unit = token.charCodeAt(i);
        let child = this.child(node, unit);
        if (child < 0) {
          child = this.#values.push(-1) - 1;
          this.#children.set(node, unit, child);
        }
        node = child;
      }
      if (node > 0 && this.#values[node] < 0) this.#values[node] = index;
    });
  }

  /** The child of a node by code unit; -1 for none. The root is 0. */
  child(node: number, unit: number): number {
    const child = this.#children.get(node, unit);
    return child === MISSING ? -1 : child;
  }

  /** Index of the token that ends at a node; -1 for none. */
  value(node: number): number {
    return this.#values[node];
  }
}
