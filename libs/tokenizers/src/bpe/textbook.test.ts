// The readable BPE against the fast one, on Shakespeare and on random text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer, TextbookBpe, trainBpe } from '../index.js';
import { wholeText } from '../testing/random-text.js';

// Hamlet, act 3, scene 1; The Tempest, act 4, scene 1.
const SHAKESPEARE = `To be, or not to be, that is the question:
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune,
Or to take arms against a sea of troubles
And by opposing end them. To die—to sleep,
No more; and by a sleep to say we end
The heart-ache and the thousand natural shocks
That flesh is heir to: 'tis a consummation
Devoutly to be wish'd. To die, to sleep;
To sleep, perchance to dream—ay, there's the rub:
For in that sleep of death what dreams may come,
When we have shuffled off this mortal coil,
Must give us pause.

Our revels now are ended. These our actors,
As I foretold you, were all spirits and
Are melted into air, into thin air:
And, like the baseless fabric of this vision,
The cloud-capp'd towers, the gorgeous palaces,
The solemn temples, the great globe itself,
Yea, all which it inherit, shall dissolve
And, like this insubstantial pageant faded,
Leave not a rack behind. We are such stuff
As dreams are made on, and our little life
Is rounded with a sleep.`;

/** A merge to an existing token is learned twice by Hugging Face's trainer, which `trainBpe` reproduces. */
const hasRepeatedToken = ({ merges }: TextbookBpe): boolean =>
  new Set(merges.map((pair) => pair.join(''))).size < merges.length;

async function expectSameTraining(text: string, vocabSize: number): Promise<void> {
  const textbook = TextbookBpe.train(text, vocabSize);
  fc.pre(!hasRepeatedToken(textbook));
  const { vocab, merges } = (await trainBpe(text, { vocabSize, preTokenizer: 'byte-level' })).config;
  expect({ tokens: [...vocab.keys()], merges }).toEqual({
    tokens: textbook.tokens,
    merges: textbook.merges,
  });
}

describe('TextbookBpe', () => {
  it('learns the vocabulary and merges of trainBpe on Shakespeare', async () => {
    for (const vocabSize of [256, 300, 350]) {
      expect(hasRepeatedToken(TextbookBpe.train(SHAKESPEARE, vocabSize))).toBe(false);
      await expectSameTraining(SHAKESPEARE, vocabSize);
    }
  });

  it('learns the vocabulary and merges of trainBpe on random text', async () => {
    const words = fc.array(fc.stringMatching(/^[abc]{1,8}$/), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          wholeText(),
          words.map((list) => list.join(' ')),
        ),
        (text) => expectSameTraining(text, 280),
      ),
      { numRuns: 200 },
    );
  });

  it('encodes and decodes like BpeTokenizer with the same merges', async () => {
    const tokenizer = await trainBpe(SHAKESPEARE, { vocabSize: 500, preTokenizer: 'byte-level' });
    const textbook = new TextbookBpe([...tokenizer.config.vocab.keys()], tokenizer.config.merges);
    expect(textbook.encode(SHAKESPEARE)).toEqual([...tokenizer.encode(SHAKESPEARE)]);
    expect(textbook.decode(textbook.encode(SHAKESPEARE))).toBe(SHAKESPEARE);
    const long = fc.stringMatching(/^[theoas]{40,120}$/); // words beyond 48 symbols are merged with a heap
    fc.assert(
      fc.property(fc.oneof(wholeText(), long), (text) => {
        const ids = textbook.encode(text);
        expect(ids).toEqual([...tokenizer.encode(text)]);
        expect(textbook.decode(ids)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("gives GPT-2's ids with GPT-2's merges", () => {
    const { vocab, merges } = gpt2Tokenizer().config;
    const textbook = new TextbookBpe([...vocab.keys()], merges);
    expect(textbook.encode(SHAKESPEARE)).toEqual([...gpt2Tokenizer().encode(SHAKESPEARE)]);
  });
});
