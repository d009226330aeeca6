// Against the known answers that the Random123 library is published with (kat_vectors, threefry4x32 20).
import { expect, it } from 'vitest';
import { fillDropoutMask } from './dropout.js';
import { threefry } from './threefry.js';

it.each([
  [
    '00000000 00000000 00000000 00000000',
    '00000000 00000000 00000000 00000000',
    '9c6ca96a e17eae66 fc10ecd4 5256a7d8',
  ],
  [
    'ffffffff ffffffff ffffffff ffffffff',
    'ffffffff ffffffff ffffffff ffffffff',
    '2a881696 57012287 f6c7446e a16a6732',
  ],
  [
    '243f6a88 85a308d3 13198a2e 03707344',
    'a4093822 299f31d0 082efa98 ec4e6c89',
    '59cd1dbb b8879579 86b5d00c ac8b6d84',
  ],
])('counter %s, key %s', (counter, key, expected) => {
  const words = (text: string) =>
    text.split(' ').map((word) => parseInt(word, 16)) as [number, number, number, number];
  const out = new Uint32Array(4);
  threefry(words(counter), words(key), out);
  expect([...out]).toEqual(words(expected));
});

it('gives any part of a mask the numbers it has in the whole', () => {
  const mask = { rate: 0.5, seed: 2 ** 40 + 5, counter: 2 ** 45 + 7 };
  const whole = new Float32Array(50);
  fillDropoutMask(whole, mask);
  for (let offset = 0; offset < 12; offset++) {
    const part = new Float32Array(9);
    fillDropoutMask(part, mask, offset);
    expect(part).toEqual(whole.slice(offset, offset + 9));
  }
});
