// Prints what the README says about the built-in stories. Run by hand, from the folder of the package:
//   node --conditions=@lilformer/source --import tsx src/stories/testing/measure.ts
import { createHash } from 'node:crypto';
import { stories, story } from '../stories.js';
import { crossEntropies } from './entropy.js';
import { nearDuplicates } from './likeness.js';

const seed = 'measure';
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const hashes = new Set<string>();
let told = 0;
let bytes = 0;
let wordCount = 0;
const vocabulary = new Map<string, number>();
for (const text of stories({ seed, bytes: 20.4e6 })) {
  told++;
  bytes += text.length;
  hashes.add(createHash('sha256').update(text).digest('base64'));
  for (const word of text.toLowerCase().match(/[a-z'-]+/g) ?? []) {
    wordCount++;
    vocabulary.set(word, (vocabulary.get(word) ?? 0) + 1);
  }
}
console.log(`${mb(bytes)}: ${told} stories, ${told - hashes.size} exact duplicates`);
console.log(`${(wordCount / told).toFixed(0)} words a story, ${vocabulary.size} distinct words`);

const sample = [...stories({ seed, bytes: 2e6 })];
console.log(
  `near-duplicates in 2 MB (${sample.length} stories): ${(100 * nearDuplicates(sample)).toFixed(2)} %`,
);

const train = sample.slice(0, Math.round(sample.length * 0.9));
const held = sample.slice(train.length);
const names = ['unigram', 'bigram', 'trigram', '4-gram', '5-gram', '6-gram'];
crossEntropies(train, held, names.length).forEach((bits, n) => {
  console.log(`${names[n].padEnd(8)} ${bits.toFixed(3)} bits a word, perplexity ${(2 ** bits).toFixed(1)}`);
});

const rounds = [0, 1, 2].map((round) => {
  const start = performance.now();
  let length = 0;
  for (let i = 0; i < 5000; i++) length += story(round, i).length;
  return length / 1e6 / ((performance.now() - start) / 1e3);
});
console.log(`speed: ${Math.max(...rounds).toFixed(1)} MB/s on one thread (best of three)`);
