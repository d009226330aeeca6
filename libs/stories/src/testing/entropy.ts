// Cross-entropy of n-gram models with interpolated Witten-Bell smoothing (Witten and Bell, 1991).

/** Splits a text into words, punctuation marks and line breaks, followed by an end token. */
function words(text: string): string[] {
  return [...(text.match(/[A-Za-z'-]+|\n+|[^\sA-Za-z]/g) ?? []), '<|endoftext|>'];
}

/** Cross-entropy on `held`, in bits per word, of n-gram models of orders 1 to `order` trained on `train`. */
export function crossEntropies(train: readonly string[], held: readonly string[], order: number): number[] {
  const ids = new Map<string, number>();
  const encode = (text: string): number[] =>
    words(text).map((word) => {
      let id = ids.get(word);
      if (id === undefined) ids.set(word, (id = ids.size));
      return id;
    });
  const trainIds = train.map(encode);
  const heldIds = held.map(encode);
  const vocabulary = ids.size;

  // counts[n]: context of n words -> [total, next word -> count]
  const counts = Array.from(
    { length: order },
    () => new Map<string, { total: number; next: Map<number, number> }>(),
  );
  for (const one of trainIds) {
    for (let i = 0; i < one.length; i++) {
      for (let n = 0; n < order && n <= i; n++) {
        const context = one.slice(i - n, i).join(' ');
        let seen = counts[n].get(context);
        if (seen === undefined) counts[n].set(context, (seen = { total: 0, next: new Map() }));
        seen.total++;
        seen.next.set(one[i], (seen.next.get(one[i]) ?? 0) + 1);
      }
    }
  }

  const bits = new Array<number>(order).fill(0);
  let tokens = 0;
  for (const one of heldIds) {
    for (let i = 0; i < one.length; i++) {
      tokens++;
      let probability = 1 / vocabulary;
      for (let n = 0; n < order; n++) {
        const seen = n <= i ? counts[n].get(one.slice(i - n, i).join(' ')) : undefined;
        if (seen !== undefined) {
          const kinds = seen.next.size;
          probability = ((seen.next.get(one[i]) ?? 0) + kinds * probability) / (seen.total + kinds);
        }
        bits[n] -= Math.log2(probability);
      }
    }
  }
  return bits.map((sum) => sum / tokens);
}
