// The reference against PyTorch 2.15 in float64, and against values computed by hand. Inputs are wave(…), in PyTorch
// torch.sin(1.3 * torch.arange(n) + phase).float().double(), so that a comment gives the expression of all constants.
import { describe, expect, it } from 'vitest';
import type { Floats, Kernels } from '../kernels.js';
import { ACTIVATION, BINARY, PRODUCT_ACTIVATION, RECURRENT, REDUCTION, UNARY } from '../operations.js';
import { referenceKernels as kernels } from './index.js';

function wave(length: number, phase = 0): Floats {
  return Float32Array.from({ length }, (_, i) => Math.sin(1.3 * i + phase));
}

const floats = (length: number): Floats => new Float32Array(length);
const of = (...numbers: number[]): Floats => Float32Array.of(...numbers);
const ints = (...numbers: number[]): Int32Array => Int32Array.of(...numbers);

/** Compares arrays by name. */
function expectClose(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: Readonly<Record<string, number[]>>,
): void {
  for (const [name, values] of Object.entries(expected)) {
    expect(actual[name].length, name).toBe(values.length);
    for (const [i, value] of values.entries()) {
      const found = actual[name][i];
      const isClose =
        Object.is(found, value) || Math.abs(found - value) <= 1e-6 * Math.max(1, Math.abs(value));
      expect(isClose, `${name}[${i}]: ${found}, expected ${value}`).toBe(true);
    }
  }
}

// x, w, b = wave(2, 3), wave(2, 3, phase=1), wave(2, phase=2)
// y = f(F.linear(x, w, b)); y.backward(wave(2, 2, phase=3))
const LINEAR: Record<keyof typeof ACTIVATION, Record<string, number[]>> = {
  relu: {
    y: [1.399708, 0.2457331, 0.0, 0.7931402],
    dx: [1.018838, 0.1813576, -0.9218121, -0.5682897, -0.04806222, 0.5425765],
    dWeight: [0.0, 0.1359773, 0.07274756, -0.3978313, -1.393805, -0.3478509],
    dBias: [0.14112, -0.3377262],
  },
  gelu: {
    y: [1.286611, 0.1467163, -0.1422685, 0.6235287],
    dx: [0.7570683, 0.1714851, -0.6653241, -0.6744899, -0.1343511, 0.6026124],
    dWeight: [0.07882308, 0.2547498, 0.05746747, -0.4046648, -1.130839, -0.2003316],
    dBias: [0.04469735, -0.04577002],
  },
  geluTanh: {
    y: [1.286378, 0.1467152, -0.1422778, 0.6234469],
    dx: [0.7570589, 0.17149, -0.6653121, -0.6743571, -0.1343749, 0.6024668],
    dWeight: [0.07885885, 0.2548039, 0.05746063, -0.4045412, -1.130664, -0.2003616],
    dBias: [0.04465376, -0.04593297],
  },
  none: {
    y: [1.399708, 0.2457331, -0.4234296, 0.7931402],
    dx: [1.018838, 0.1813576, -0.9218121, -1.099482, -0.518801, 0.8219249],
    dWeight: [0.4341638, 0.6936728, -0.06305052, -0.3978313, -1.393805, -0.3478509],
    dBias: [-0.4901467, -0.3377262],
  },
};

describe('linear layers and products', () => {
  const sizes = { rows: 2, inputs: 3, outputs: 2, bf16: false };
  const inputs = { x: wave(6), weight: wave(6, 1), bias: wave(2, 2) };

  it.each(Object.entries(LINEAR))('linear with %s', (name, expected) => {
    const activation = ACTIVATION[name as keyof typeof ACTIVATION];
    const [y, preActivation] = [floats(4), floats(4)];
    kernels.linearForward({ ...inputs, ...sizes, y, preActivation, activation });
    const kept = activation === ACTIVATION.relu ? y : preActivation;
    const [dx, dWeight, dBias] = [floats(6), floats(6), floats(2)];
    kernels.linearBackward({ ...inputs, ...sizes, dy: wave(4, 3), kept, dx, dWeight, dBias, activation });
    expectClose({ y, dx, dWeight, dBias, preActivation }, { ...expected, preActivation: LINEAR.none.y });
  });

  it('linear with weights in bf16', () => {
    // bf16 is the upper half of float32: 1 is 3f80, -2 is c000, 0.5 is 3f00. Rows begin at a word.
    const weight = ints(0xc0003f80 | 0, 0x3f00, 0x3f803f80, 0xc000);
    const y = floats(4);
    kernels.linearForward16({ x: of(1, 10, 100, 2, 3, 4), weight, y, ...sizes, activation: ACTIVATION.none });
    expect([...y]).toEqual([1 - 20 + 50, 1 + 10 - 200, 2 - 6 + 2, 2 + 3 - 8]);
  });

  it('rounds factors to bf16 where that is asked for', () => {
    const call = {
      x: of(1 + 2 ** -9, 1 + 3 * 2 ** -8),
      weight: of(1),
      ...{ rows: 2, inputs: 1, outputs: 1 },
    };
    const y = floats(2);
    const activation = ACTIVATION.none;
    kernels.linearForward({ ...call, y, activation, bf16: true });
    expect([...y]).toEqual([1, 1 + 2 ** -6]); // 1 + 3/256 is between 1 + 2/256 and 1 + 4/256: ties to even
    kernels.linearForward({ ...call, y, activation, bf16: false });
    expect(y).toEqual(call.x);
  });

  it('matmul', () => {
    const c = floats(8);
    kernels.matmul({
      ...{ a: wave(12), b: wave(12, 1), bias: wave(2, 2), c, aOf: ints(1, 0), bOf: ints(0, 1) },
      ...{ aCount: 2, bCount: 2, m: 2, n: 2, k: 3, aTransposed: true, bTransposed: true },
      activation: PRODUCT_ACTIVATION.sigmoid,
    });
    // a, b = wave(2, 3, 2), wave(2, 2, 3, phase=1)
    // torch.sigmoid(torch.stack([a[1].T @ b[0].T, a[0].T @ b[1].T]) + wave(2, phase=2))
    expectClose(
      { c },
      { c: [0.7203696, 0.3371844, 0.5431245, 0.6266005, 0.8020661, 0.5006029, 0.8461913, 0.3485706] },
    );
  });
});

describe('attention', () => {
  const sizes = { batch: 1, heads: 2, queries: 2, keys: 3, headDim: 2 };
  const options = { causal: true, scale: 0.7, rate: 0, seed: 0, counter: 0 };
  const inputs = { q: wave(8), k: wave(12, 1), v: wave(12, 2), visible: of(1, 0, 1), bias: wave(12, 3) };
  // q, k, v = (wave(1, n, 2, 2, phase=p) for n, p in ((2, 0), (3, 1), (3, 2))); bias = wave(2, 2, 3, phase=3)
  // mask = torch.ones(2, 3).tril(1).bool() & torch.tensor([True, False, True])
  // s = (torch.einsum('bihd,bjhd->bhij', q, k) * 0.7 + bias).masked_fill(~mask, -inf); log2(e) * s.logsumexp(-1)
  // torch.einsum('bhij,bjhd->bihd', s.softmax(-1), v).backward(wave(1, 2, 2, 2, phase=4))
  const expected = {
    output: [0.9092974, -0.1577457, -0.993691, -0.3738767, 0.2805432, 0.4644565, -0.3867623, -0.4418711],
    logSums: [0.9292272, 1.514375, -0.9631891, 1.122018],
    dq: [0.0, 0.0, 0.0, 0.0, 0.3517102, 0.1223382, -0.2882578, -0.2774094],
    dk: [
      -0.1764653, 0.04296906, 0.2008459, 0.06418309, 0.0, 0.0, 0.0, 0.0, 0.1764653, -0.04296906, -0.2008459,
      -0.06418309,
    ],
    dv: [
      -0.6642901, -1.197393, -0.1259462, 1.319814, 0.0, 0.0, 0.0, 0.0, 0.1303775, -0.5145703, -0.2560375,
      0.187789,
    ],
    dBias: [0.0, 0.0, 0.0, 0.2853494, 0.0, -0.2853494, 0.0, 0.0, 0.0, 0.2873413, 0.0, -0.2873413],
  };

  it('separate', () => {
    const saved = { output: floats(8), logSums: floats(4) };
    const gradients = { dq: floats(8), dk: floats(12), dv: floats(12), dBias: floats(12) };
    kernels.attentionForward({ ...inputs, ...sizes, ...options, ...saved });
    kernels.attentionBackward({
      ...inputs,
      ...sizes,
      ...options,
      ...saved,
      dOutput: wave(8, 4),
      ...gradients,
    });
    expectClose({ ...saved, ...gradients }, expected);
  });

  it('packed: equals separate', () => {
    const [batch, heads, length, headDim, dropout] = [2, 2, 3, 2, { rate: 0.3, seed: 5, counter: 6 }];
    const [q, k, v] = [wave(24), wave(24, 1), wave(24, 2)];
    const common = {
      visible: wave(6),
      bias: wave(18, 3),
      batch,
      heads,
      headDim,
      causal: true,
      scale: 1,
      ...dropout,
    };
    const saved = { output: floats(24), logSums: floats(12) };
    const [dq, dk, dv, dBias] = [floats(24), floats(24), floats(24), floats(18)];
    const both = { queries: length, keys: length };
    kernels.attentionForward({ q, k, v, ...common, ...both, ...saved });
    kernels.attentionBackward({
      q,
      k,
      v,
      ...common,
      ...both,
      ...saved,
      dOutput: wave(24, 4),
      dq,
      dk,
      dv,
      dBias,
    });

    const interleaved = (parts: Floats[]): Floats =>
      Float32Array.from(
        { length: 72 },
        (_, i) => parts[Math.floor((i % 12) / 4)][Math.floor(i / 12) * 4 + (i % 4)],
      );
    const qkv = interleaved([q, k, v]);
    const packed = { output: floats(24), logSums: floats(12) };
    const gradients = { dQkv: floats(72), dBias: floats(18) };
    kernels.attentionPackedForward({ qkv, ...common, length, ...packed });
    kernels.attentionPackedBackward({
      qkv,
      ...common,
      length,
      ...packed,
      dOutput: wave(24, 4),
      ...gradients,
    });
    expect({ ...packed, ...gradients }).toEqual({ ...saved, dQkv: interleaved([dq, dk, dv]), dBias });
  });

  it('cached: equals the last queries', () => {
    const common = { batch: 2, heads: 2, headDim: 2, causal: true, scale: 1 };
    const [k, v] = [wave(24, 1), wave(24, 2)]; // [2, 3, 4], in caches of capacity 5
    const cache = (array: Floats): Floats =>
      of(...array.slice(0, 12), ...wave(8), ...array.slice(12), ...wave(8));
    const [expected, output] = [floats(16), floats(16)];
    kernels.attentionForward({
      q: wave(16),
      k,
      v,
      ...common,
      queries: 2,
      keys: 3,
      ...options,
      scale: 1,
      output: expected,
    });
    const wide = Float32Array.from({ length: 24 }, (_, i) => wave(16)[Math.floor(i / 6) * 4 + (i % 6)]); // 4 of 6 columns
    kernels.cachedAttention({
      ...{ q: wide, keys: cache(k), values: cache(v), output },
      ...{ ...common, tokens: 2, length: 3, capacity: 5 },
    });
    expect(output).toEqual(expected);
  });

  it('drops the weights that dropout drops of rows rounded up to tiles', () => {
    const settings = { rate: 0.4, seed: 2 ** 33 + 7, counter: 3 };
    const [heads, queries, keys] = [2, 9, 3];
    // Equal scores, and values that are unit vectors: the output is the mask / keys.
    const unit = Float32Array.from({ length: keys * heads * keys }, (_, i) =>
      Number(Math.floor(i / 6) === i % 3),
    );
    const output = floats(queries * heads * keys);
    kernels.attentionForward({
      ...{ q: floats(output.length), k: floats(unit.length), v: unit, output },
      ...{ batch: 1, heads, queries, keys, headDim: keys, causal: false, scale: 1, ...settings },
    });
    const mask = floats(heads * 16 * keys);
    kernels.dropout({
      x: floats(mask.length).fill(1),
      y: mask,
      rows: heads * 16,
      columns: keys,
      ...settings,
    });
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) {
        const row = [...output.subarray((i * heads + h) * keys, (i * heads + h + 1) * keys)];
        const expected = mask.subarray((h * 16 + i) * keys, (h * 16 + i + 1) * keys);
        expectClose({ row }, { row: [...expected].map((x) => x / keys) });
      }
    }
  });
});

describe('norms', () => {
  const sizes = { rows: 2, width: 3 };
  const inputs = { x: wave(6), weight: wave(3, 1) };

  it('layer norm', () => {
    const [y, statistics] = [floats(6), floats(4)];
    kernels.layerNormForward({ ...inputs, bias: wave(3, 2), ...sizes, y, statistics, epsilon: 1e-5 });
    const gradients = { dx: floats(6), dWeight: floats(3), dBias: floats(3) };
    kernels.layerNormBackward({ ...inputs, dy: wave(6, 3), statistics, ...sizes, ...gradients });
    // F.layer_norm(wave(2, 3), (3,), wave(3, phase=1), wave(3, phase=2)).backward(wave(2, 3, phase=3)); mean and rstd
    expectClose(
      { y, ...gradients, statistics },
      {
        ...{
          y: [-0.1444412, 0.7334878, -1.01896, 0.4947268, -0.8301157, -1.610711],
          dx: [-0.4634543, -0.5333533, 0.9968077, -0.1171835, 0.09634253, 0.020841],
          dWeight: [-0.4617007, -1.943177, -0.1408324],
          dBias: [0.7195598, 0.02456462, -0.7064178],
        },
        statistics: [0.4930199, 2.539974, -0.4520336, 2.089969],
      },
    );
  });

  it('RMS norm', () => {
    const [y, scales] = [floats(6), floats(2)];
    kernels.rmsNormForward({ ...inputs, ...sizes, y, scales, epsilon: 1e-5 });
    const gradients = { dx: floats(6), dWeight: floats(3) };
    kernels.rmsNormBackward({ ...inputs, dy: wave(6, 3), scales, ...sizes, ...gradients });
    // F.rms_norm(wave(2, 3), (3,), wave(3, phase=1), 1e-5).backward(wave(2, 3, phase=3))
    expectClose(
      { y, ...gradients, scales },
      {
        y: [0.0, 1.138844, -0.3615616, -0.8792224, -1.000853, -0.1446215],
        dx: [0.1882118, -0.4251408, 0.7946194, -0.0220745, 0.08752468, 0.2887169],
        dWeight: [-0.6043907, -2.66178, -0.5403372],
        scales: [1.584963, 1.519214],
      },
    );
  });

  it('of a sum, with the gradient of the residual connection', () => {
    const [sum, y, expected] = [floats(6), floats(6), floats(6)];
    kernels.rmsNormForward({ ...inputs, added: of(1, 2, 3, 4, 5, 6), sum, ...sizes, y, epsilon: 1e-5 });
    expect(sum).toEqual(inputs.x.map((x, i) => x + i + 1));
    kernels.rmsNormForward({ ...inputs, x: sum, ...sizes, y: expected, epsilon: 1e-5 });
    expect(y).toEqual(expected);

    const call = { ...inputs, dy: wave(6, 3), scales: of(1, 2), ...sizes, dWeight: floats(3) };
    const [dx, without] = [floats(6), floats(6)];
    kernels.rmsNormBackward({ ...call, dx: without });
    kernels.rmsNormBackward({ ...call, dx, base: floats(6).fill(1) });
    expectClose({ dx }, { dx: [...without].map((d) => d + 1) });
  });
});

describe('embeddings and experts', () => {
  const sizes = { tokens: 3, rows: 3, period: 2, width: 2 };

  it('embedding', () => {
    const y = floats(6);
    const call = { ids: ints(2, 0, 2), table: wave(6), places: wave(4, 1), y, ...sizes };
    expect(kernels.embeddingForward(call)).toBe(-1);
    const gradients = { dTable: floats(6), dPlaces: floats(4) };
    kernels.embeddingBackward({ ids: call.ids, dy: wave(6, 2), ...gradients, ...sizes });
    // ids = torch.tensor([2, 0, 2])
    // (F.embedding(ids, wave(3, 2)) + wave(2, 2, phase=1)[[0, 1, 0]]).backward(wave(3, 2, phase=2))
    expectClose(
      { y, ...gradients },
      {
        y: [-0.04198372, 0.9608252, -0.4425204, -0.01889443, -0.04198372, 0.9608252],
        dTable: [-0.993691, -0.3738767, 0.0, 0.0, 1.702965, 0.6407414],
        dPlaces: [1.702965, 0.6407414, -0.993691, -0.3738767],
      },
    );
    expect(kernels.embeddingForward({ ...call, ids: ints(1, 3, -1) })).toBe(1);
  });

  it('gatherRows', () => {
    const to = [floats(2), floats(4)];
    kernels.gatherRows({ from: [of(1, 2), of(3, 4, 5, 6)], index: ints(2, -1, 0), to, width: 2 });
    expect(to).toEqual([of(5, 6), of(0, 0, 1, 2)]);
  });
});

describe('dropout', () => {
  it('has the mask of Threefry', () => {
    // Rows of the kept elements of a mask [9, 20] of rate 0.5, seed 2^32 + 5 and counter 7, by fillDropoutMask of
    // @lilformer/ops, whose generator is tested against the known answers of Random123.
    const kept = [
      '01110101100111110000',
      '00111110001110010111',
      '11101110011110111010',
      '10000001110110111101',
      '01111010101010100101',
      '01001000111010011001',
      '00010100100000000011',
      '01011001111100010011',
      '11100000011000011100',
    ];
    const y = floats(180);
    kernels.dropout({
      x: floats(180).fill(1),
      y,
      rows: 9,
      columns: 20,
      rate: 0.5,
      seed: 2 ** 32 + 5,
      counter: 7,
    });
    const rows = kept.map((_, r) =>
      [...y.subarray(20 * r, 20 * (r + 1))].map((x) => (x === 0 ? '0' : '1')).join(''),
    );
    expect(rows).toEqual(kept);
    expect(new Set(y)).toEqual(new Set([0, 2]));
  });

  it('adds a base, and drops NaN', () => {
    const [y, all] = [floats(4), { rows: 1, columns: 4, rate: 0.999, seed: 1, counter: 1 }];
    kernels.dropout({ x: of(NaN, 1, 2, 3), base: of(1, 2, 3, 4), y, ...all });
    expect([...y]).toEqual([1, 2, 3, 4]);
  });

  it('residualAdd', () => {
    const sum = floats(2);
    kernels.residualAdd({ x: of(1, 2), y: of(3, -5), sum });
    expect([...sum]).toEqual([4, -3]);
  });
});

describe('cross entropy', () => {
  const targets = ints(2, -100, 0);
  const sizes = { rows: 3, classes: 3, ignored: -100 };

  it('of logits', () => {
    const call = { logits: wave(9), targets, ...sizes };
    const saved = { losses: floats(3), logSums: floats(3) };
    const total = kernels.crossEntropyForward({ ...call, ...saved });
    const dx = floats(9);
    kernels.crossEntropyBackward({ ...call, logSums: saved.logSums, dy: wave(3, 1), dx, share: 0.5 });
    // losses = F.cross_entropy(wave(3, 3), torch.tensor([2, -100, 0]), reduction='none')
    // (losses * wave(3, phase=1) * 0.5).sum().backward()
    expectClose(
      { ...saved, dx },
      {
        losses: [1.151353, 0.0, 0.5115625],
        logSums: [1.666854, 0.7682829, 1.510106],
        dx: [0.07945175, 0.2082435, -0.2876953, 0.0, 0.0, 0.0, 0.08860187, -0.06724428, -0.02135759],
      },
    );
    expect(total).toBeCloseTo(saved.losses[0] + saved.losses[2], 6);
  });

  it('of a projection', () => {
    const gradients = { dx: floats(6), dWeight: floats(6), dBias: floats(3) };
    const loss = kernels.linearCrossEntropy({
      ...{
        x: wave(6),
        weight: wave(6, 1),
        bias: wave(3, 2),
        targets,
        ...sizes,
        inputs: 2,
        share: 0.5,
        bf16: false,
      },
      ...gradients,
    });
    // loss = F.cross_entropy(F.linear(wave(3, 2), wave(3, 2, phase=1), wave(3, phase=2)), targets, reduction='sum')
    // (loss * 0.5).backward()
    expectClose(
      { loss: [loss], ...gradients },
      {
        loss: [2.673298],
        dx: [0.362046, -0.1274623, 0.0, 0.0, -0.3044577, -0.2888356],
        dWeight: [0.2303018, 0.3310321, -0.1559315, 0.06316007, -0.07437039, -0.3941921],
        dBias: [0.1410675, 0.2026456, -0.3437131],
      },
    );
  });
});

// Modules of torch.nn with weight_ih = wave(phase=1), weight_hh = wave(phase=2), bias_ih = wave(phase=1) and bias_hh = wave().
// y, last = module(wave(1, 2, 2), wave(1, 1, 2, phase=5))
// ((y * wave(1, 2, 2, phase=6)).sum() + (last * wave(1, 1, 2, phase=7)).sum()).backward()
const RECURRENT_LAYERS: Record<keyof typeof RECURRENT, Record<string, number[]>> = {
  tanh: {
    output: [0.5950198, 0.9365495, 0.8196313, 0.8382984],
    last: [0.8196313, 0.8382984],
    dX: [-0.03719995, -0.08584141, 0.3257767, 0.2106812],
    dWeightIh: [0.2354081, -0.311282, 0.06813415, -0.004592617],
    dWeightHh: [0.2689421, 0.427732, -0.00725065, 0.1252904],
    dBiasIh: [0.4595563, 0.2217448],
    dBiasHh: [0.4595563, 0.2217448],
    dState: [-0.08637402, -0.03394679],
  },
  relu: {
    output: [0.6854016, 1.709201, 1.115994, 0.8367333],
    last: [1.115994, 0.8367333],
    dX: [0.2520609, -0.05094294, 0.9740485, 0.6007283],
    dWeightIh: [0.7172602, -0.4328332, 0.2292104, 0.1419723],
    dWeightHh: [0.4320638, 2.3873, -0.1408702, 0.767786],
    dBiasIh: [1.935319, 0.9093488],
    dBiasHh: [1.935319, 0.9093488],
    dState: [0.03281802, -0.2595487],
  },
  gru: {
    output: [-0.7123792, 0.6552132, -0.655589, 0.5638444],
    last: [-0.655589, 0.5638444],
    dX: [0.2603511, 0.20165, -0.2739634, 0.1341299],
    dWeightIh: [
      -0.01234082, 0.00156386, -0.00498856, -0.01442918, -0.01390521, -0.01632319, 0.004382566, -0.08677357,
      0.2871916, -0.2888852, 0.1284595, 0.217446,
    ],
    dWeightHh: [
      0.03188319, -0.01594546, 0.02787713, -0.00670849, 0.0539232, -0.01828238, 0.07448096, 0.004158183,
      -0.2619415, 0.1846345, -0.4931246, 0.1579372,
    ],
    dBiasIh: [-0.03940388, -0.03155929, -0.06316822, -0.07548557, 0.6549536, 0.6527319],
    dBiasHh: [-0.03940388, -0.03155929, -0.06316822, -0.07548557, 0.3451832, 0.5739679],
    dState: [0.3679631, 0.06506944],
  },
};

it.each(Object.entries(RECURRENT_LAYERS))('recurrent layer: %s', (name, expected) => {
  const kind = RECURRENT[name as keyof typeof RECURRENT];
  const rows = kind === RECURRENT.gru ? 6 : 2;
  const layer = {
    ...{ x: wave(4), weightIh: wave(2 * rows, 1), weightHh: wave(2 * rows, 2), state: wave(2, 5) },
    ...{ batch: 1, steps: 2, inputs: 2, hidden: 2, kind },
  };
  const [output, last, kept] = [floats(4), floats(2), floats(kind === RECURRENT.gru ? 16 : 0)];
  kernels.recurrentForward({ ...layer, biasIh: wave(rows, 1), biasHh: wave(rows), output, last, kept });
  const gradients = {
    ...{ dX: floats(4), dWeightIh: floats(2 * rows), dWeightHh: floats(2 * rows) },
    ...{ dBiasIh: floats(rows), dBiasHh: floats(rows), dState: floats(2) },
  };
  kernels.recurrentBackward({ ...layer, output, kept, dOutput: wave(4, 6), dLast: wave(2, 7), ...gradients });
  expectClose({ output, last, ...gradients }, expected);
});

describe('optimizers', () => {
  // Three steps on wave(3) with the gradients wave(3, phase=1), wave(3, phase=2) and wave(3, phase=3) of
  // Adam(lr=0.1, betas=(0.9, 0.99), weight_decay=0.1), AdamW likewise, SGD(lr=0.1, momentum=0.9, weight_decay=0.1)
  it.each([
    ['Adam', { shrink: 1, l2: 0.1 }, [-0.2835502, 0.8146712, 0.8047212]],
    ['AdamW', { shrink: 1 - 0.1 * 0.1, l2: 0 }, [-0.2814231, 0.8115113, 0.7880197]],
  ])('%s', (_, decay, expected) => {
    const [weights, first, second] = [wave(3), floats(3), floats(3)];
    for (let step = 1; step <= 3; step++) {
      const factors = Float64Array.of(0.1 / (1 - 0.9 ** step), 1 / Math.sqrt(1 - 0.99 ** step));
      kernels.adamStep({
        ...{ gradients: [wave(3, step)], factors, weights: [weights], first: [first], second: [second] },
        ...{ beta1: 0.9, beta2: 0.99, epsilon: 1e-8, ...decay, scale: 1 },
      });
    }
    expectClose({ weights }, { weights: expected });
  });

  it('SGD', () => {
    const [weights, velocity] = [wave(3), floats(3)];
    for (let step = 1; step <= 3; step++) {
      const half = wave(3, step).map((g) => g / 2);
      kernels.sgdStep({
        ...{ gradients: [half], weights: [weights], velocity: [velocity] },
        ...{ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, scale: 2 },
      });
    }
    expectClose({ weights }, { weights: [-0.4108187, 0.8321348, 0.8560088] });
  });

  it('sumOfSquares', () => {
    expect(kernels.sumOfSquares({ arrays: [of(1, 2), of(), of(1e30)] })).toBeCloseTo(
      Math.fround(1e30) ** 2,
      -46,
    );
    expect(kernels.sumOfSquares({ arrays: [of(3), of(4)] })).toBe(25);
    expect(kernels.sumOfSquares({ arrays: [of(NaN)] })).toBeNaN();
  });
});

describe('elementwise', () => {
  // F.gelu of [-3, -0.5, 0, 0.5, 3] and its derivative; the same with approximate='tanh'
  it.each([
    [
      'gelu',
      {
        y: [-0.004049694, -0.1542688, 0.0, 0.3457312, 2.99595],
        dx: [-0.01194565, 0.1325049, 0.5, 0.8674951, 1.011946],
      },
    ],
    [
      'geluTanh',
      {
        y: [-0.003637392, -0.154286, 0.0, 0.345714, 2.996363],
        dx: [-0.01158417, 0.1326301, 0.5, 0.8673699, 1.011584],
      },
    ],
    ['relu', { y: [0, 0, 0, 0.5, 3], dx: [0, 0, 0, 1, 1] }],
  ] as const)('activation %s', (name, expected) => {
    const [x, y, dx, kind] = [of(-3, -0.5, 0, 0.5, 3), floats(5), floats(5), ACTIVATION[name]];
    kernels.activationForward({ x, y, kind });
    kernels.activationBackward({ dy: floats(5).fill(1), x, dx, kind });
    expectClose({ y, dx }, expected as unknown as Record<string, number[]>);
  });

  const unary = (name: keyof typeof UNARY.float32, x: Floats, p = 0, q = 0): Floats => {
    const y = floats(x.length);
    kernels.unary({ x, y, operation: UNARY.float32[name], p, q });
    return y;
  };

  it('functions of float32 numbers', () => {
    // torch.sin and the like of [-2.5, -0.5, 0, 0.5, 1.5]
    const any = {
      relu: [0.0, 0.0, 0.0, 0.5, 1.5],
      square: [6.25, 0.25, 0.0, 0.25, 2.25],
      negative: [2.5, 0.5, -0.0, -0.5, -1.5],
      absolute: [2.5, 0.5, 0.0, 0.5, 1.5],
      reciprocal: [-0.4, -2.0, Infinity, 2.0, 0.6666667],
      relu6: [0.0, 0.0, 0.0, 0.5, 1.5],
      sign: [-1.0, -1.0, 0.0, 1.0, 1.0],
      ceil: [-2.0, -0.0, 0.0, 1.0, 2.0],
      floor: [-3.0, -1.0, 0.0, 0.0, 1.0],
      round: [-2.0, -0.0, 0.0, 0.0, 2.0],
      elu: [-0.917915, -0.3934693, 0.0, 0.5, 1.5],
      selu: [-1.613786, -0.6917582, 0.0, 0.5253505, 1.576051],
      softplus: [0.07888973, 0.474077, 0.6931472, 0.974077, 1.701413],
      exponentialMinus1: [-0.917915, -0.3934693, 0.0, 0.6487213, 3.481689],
      errorFunction: [-0.999593, -0.5204999, 0.0, 0.5204999, 0.9661051],
      hyperbolicSine: [-6.050204, -0.5210953, 0.0, 0.5210953, 2.129279],
      hyperbolicCosine: [6.132289, 1.127626, 1.0, 1.127626, 2.35241],
      arcTangent: [-1.19029, -0.4636476, 0.0, 0.4636476, 0.9827937],
      inverseHyperbolicSine: [-1.647231, -0.4812118, 0.0, 0.4812118, 1.194763],
      sigmoid: [0.07585818, 0.3775407, 0.5, 0.6224593, 0.8175745],
      tanh: [-0.9866143, -0.4621172, 0.0, 0.4621172, 0.9051483],
      exponential: [0.082085, 0.6065307, 1.0, 1.648721, 4.481689],
      sine: [-0.5984721, -0.4794255, 0.0, 0.4794255, 0.997495],
      cosine: [-0.8011436, 0.8775826, 1.0, 0.8775826, 0.0707372],
      tangent: [0.7470223, -0.5463025, 0.0, 0.5463025, 14.10142],
    };
    for (const [name, expected] of Object.entries(any)) {
      const y = unary(name as keyof typeof any, of(-2.5, -0.5, 0, 0.5, 1.5));
      expectClose({ [name]: y.map((x) => x + 0) }, { [name]: expected.map((x) => x + 0) });
    }
    // torch.sqrt and the like of [0.1, 0.5, 0.9]
    const positive = {
      squareRoot: [0.3162278, 0.7071068, 0.9486833],
      inverseSquareRoot: [3.162278, 1.414214, 1.054093],
      logarithm: [-2.302585, -0.6931472, -0.1053605],
      logarithmPlus1: [0.09531018, 0.4054651, 0.6418539],
      arcSine: [0.1001674, 0.5235988, 1.11977],
      arcCosine: [1.470629, 1.047198, 0.4510268],
      inverseHyperbolicTangent: [0.1003353, 0.5493061, 1.472219],
    };
    for (const [name, expected] of Object.entries(positive)) {
      expectClose({ [name]: unary(name as keyof typeof positive, of(0.1, 0.5, 0.9)) }, { [name]: expected });
    }
    // torch.acosh of [1, 2, 9]
    expectClose({ y: unary('inverseHyperbolicCosine', of(1, 2, 9)) }, { y: [0.0, 1.316958, 2.887271] });
    expectClose({ y: unary('clip', of(-2.5, -0.5, 0.5, 1.5), -1, 1) }, { y: [-1, -0.5, 0.5, 1] });
    expectClose({ y: unary('leakyRelu', of(-2.5, 1.5), 0.1) }, { y: [-0.25, 1.5] });
    expectClose({ y: unary('step', of(-1, 0, 2, NaN), -3) }, { y: [-3, -3, 1, NaN] });
  });

  it('conversions and tests', () => {
    const x = of(1.9, -1.9, 3e9, NaN, Infinity, -0);
    const [int, bool] = [new Int32Array(6), new Uint8Array(6)];
    kernels.unary({ x, y: int, operation: UNARY.float32ToInt32.cast, p: 0, q: 0 });
    expect([...int]).toEqual([1, -1, -1294967296, 0, 0, 0]);
    const test = (operation: number): number[] => {
      kernels.unary({ x, y: bool, operation, p: 0, q: 0 });
      return [...bool];
    };
    expect(test(UNARY.float32ToBool.cast)).toEqual([1, 1, 1, 1, 1, 0]);
    expect(test(UNARY.float32ToBool.isNan)).toEqual([0, 0, 0, 1, 0, 0]);
    expect(test(UNARY.float32ToBool.isInfinite)).toEqual([0, 0, 0, 0, 1, 0]);
    expect(test(UNARY.float32ToBool.isFinite)).toEqual([1, 1, 1, 0, 0, 1]);
  });

  it('int32 functions wrap', () => {
    const least = -(2 ** 31);
    const unary = (name: keyof typeof UNARY.int32, x: number): number => {
      const y = ints(0);
      kernels.unary({ x: ints(x), y, operation: UNARY.int32[name], p: 0, q: 0 });
      return y[0];
    };
    expect(unary('negative', least)).toBe(least);
    expect(unary('square', 65537)).toBe(131073);
    const binary = (name: keyof typeof BINARY.int32, a: number, b: number): number => {
      const y = ints(0);
      const sizes = { sizes: ints(), aVaries: 0, bVaries: 0 };
      kernels.binary({ a: ints(a), b: ints(b), y, ...sizes, operation: BINARY.int32[name] });
      return y[0];
    };
    expect(binary('add', 2 ** 31 - 1, 1)).toBe(least);
    expect(binary('multiply', 2 ** 31 - 1, 2 ** 31 - 1)).toBe(1);
    expect(binary('divide', -7, 2)).toBe(-3);
    expect(binary('divide', 7, 0)).toBe(0);
    expect(binary('floorDivide', -7, 2)).toBe(-4);
    expect(binary('modulo', -7, 3)).toBe(2);
  });

  it('functions of two float32 numbers', () => {
    const [a, b] = [of(-7, -2.5, 3, 5.5), of(2, -1.5, -2, 0.5)];
    // torch.add and the like of a and b; torch.remainder for modulo
    const expected = {
      add: [-5.0, -4.0, 1.0, 6.0],
      subtract: [-9.0, -1.0, 5.0, 5.0],
      multiply: [-14.0, 3.75, -6.0, 2.75],
      divide: [-3.5, 1.666667, -1.5, 11.0],
      maximum: [2.0, -1.5, 3.0, 5.5],
      minimum: [-7.0, -2.5, -2.0, 0.5],
      squaredDifference: [81.0, 1.0, 25.0, 25.0],
      power: [49.0, NaN, 0.1111111, 2.345208],
      modulo: [1.0, -1.0, -1.0, 0.0],
      arcTangent2: [-1.292497, -2.111216, 2.158799, 1.480136],
      prelu: [-14, 3.75, 3, 5.5],
    };
    for (const [name, values] of Object.entries(expected)) {
      const y = floats(4);
      const operation = BINARY.float32[name as keyof typeof expected];
      kernels.binary({ a, b, y, sizes: ints(4), operation, aVaries: 1, bVaries: 1 });
      expectClose({ [name]: y }, { [name]: values });
    }
  });

  it('broadcasts', () => {
    const y = floats(6);
    const operation = BINARY.float32.subtract;
    // a [2, 1] and b [3]
    kernels.binary({
      a: of(10, 20),
      b: of(1, 2, 3),
      y,
      sizes: ints(2, 3),
      operation,
      aVaries: 0b01,
      bVaries: 0b10,
    });
    expect([...y]).toEqual([9, 8, 7, 19, 18, 17]);
  });

  it('bools', () => {
    const [a, b, y] = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1), new Uint8Array(4)];
    const table = (operation: number): number[] => {
      kernels.binary({ a, b, y, sizes: ints(4), operation, aVaries: 1, bVaries: 1 });
      return [...y];
    };
    expect(table(BINARY.bool.and)).toEqual([0, 0, 0, 1]);
    expect(table(BINARY.bool.or)).toEqual([0, 1, 1, 1]);
    expect(table(BINARY.bool.notEqual)).toEqual([0, 1, 1, 0]);
    expect(table(BINARY.bool.lessEqual)).toEqual([1, 1, 0, 1]);
  });

  it('select, oneHot and accumulate', () => {
    const y = floats(3);
    kernels.select({ condition: Uint8Array.of(1, 0, 1), yes: of(1, 2, 3), no: of(4, 5, 6), y });
    expect([...y]).toEqual([1, 5, 3]);
    const hot = ints(9, 9, 9, 9, 9, 9);
    kernels.oneHot({ indices: ints(1, -1, 2), y: hot, depth: 2, on: 5, off: -1 });
    expect([...hot]).toEqual([-1, 5, -1, -1, -1, -1]);
    kernels.accumulate({ x: of(1, 1, 1), y });
    expect([...y]).toEqual([2, 6, 4]);
  });
});

describe('reductions', () => {
  const reduce = (call: Partial<Parameters<Kernels['reduce']>[0]>): Floats => {
    const y = floats(4);
    const sizes = { planes: 2, rows: 3, columns: 2, scale: 1 };
    kernels.reduce({ x: wave(12), y, operation: REDUCTION.sum, ...sizes, ...call });
    return y;
  };

  it('reduce', () => {
    // x = wave(2, 3, 2); x.sum(1) * 0.5, x.amax(1), x.amin(1), wave(2, 3).prod(1)
    expectClose({ y: reduce({ scale: 0.5 }) }, { y: [-0.1839767, 0.245456, 0.295442, 0.2719434] });
    expectClose(
      { y: reduce({ operation: REDUCTION.maximum }) },
      { y: [0.5155014, 0.9635582, 0.9985433, 0.9867719] },
    );
    expectClose(
      { y: reduce({ operation: REDUCTION.minimum }) },
      { y: [-0.8834547, -0.6877661, -0.8278264, -0.7619836] },
    );
    const y = floats(2);
    reduce({ x: wave(6), y, operation: REDUCTION.product, columns: 1 });
    expectClose({ y }, { y: [0.0, 0.1307091] });
    expect(reduce({ x: wave(12).fill(NaN, 4, 5), operation: REDUCTION.maximum })[0]).toBeNaN();
  });

  it('cumulate', () => {
    const y = floats(12);
    const call = { x: wave(12), y, planes: 2, rows: 3, columns: 2, exclusive: false, reverse: false };
    // x = wave(2, 3, 2); x.cumsum(1), x.flip(1).cumsum(1).flip(1) - x, x.cumprod(1)
    kernels.cumulate({ ...call, operation: REDUCTION.sum });
    expectClose(
      { y },
      {
        y: [
          0.0, 0.9635582, 0.5155014, 0.2757921, -0.3679533, 0.4909121, 0.9985433, 0.3190984, 0.1707169,
          -0.4428852, 0.5908839, 0.5438867,
        ],
      },
    );
    kernels.cumulate({ ...call, operation: REDUCTION.sum, exclusive: true, reverse: true });
    expectClose(
      { y },
      {
        y: [
          -0.3679533, -0.4726461, -0.8834547, 0.21512, 0.0, 0.0, -0.4076594, 0.2247884, 0.420167, 0.9867719,
          0.0, 0.0,
        ],
      },
    );
    kernels.cumulate({ ...call, operation: REDUCTION.product });
    expectClose(
      { y: y.map((x) => x + 0) },
      {
        y: [
          0.0, 0.9635582, 0.0, -0.6627027, 0.0, -0.1425606, 0.9985433, 0.3190984, -0.8266206, -0.2431477,
          -0.3473187, -0.2399313,
        ],
      },
    );
  });

  it('argExtremum', () => {
    const y = ints(0, 0, 0);
    const x = of(1, 3, 3, NaN, 9, 1, 2, NaN, 0);
    kernels.argExtremum({ x, y, rows: 3, columns: 3, smallest: false });
    expect([...y]).toEqual([1, 0, 0]);
    kernels.argExtremum({ x, y, rows: 3, columns: 3, smallest: true });
    expect([...y]).toEqual([0, 0, 2]);
  });

  it('softmaxRows', () => {
    const y = floats(6);
    kernels.softmaxRows({ x: wave(6), y, rows: 2, columns: 3 });
    // wave(2, 3).softmax(1)
    expectClose({ y }, { y: [0.1888402, 0.4949512, 0.3162087, 0.2331556, 0.1917165, 0.5751279] });
    kernels.softmaxRows({ x: of(0, -Infinity, 0, 1, NaN, 2), y, rows: 2, columns: 3 });
    expect([...y]).toEqual([0.5, 0, 0.5, NaN, NaN, NaN]);
  });
});

describe('layout', () => {
  const x = of(0, 1, 2, 3, 4, 5);

  it('transpose', () => {
    const y = floats(6);
    kernels.transpose({ x, y, shape: ints(1, 2, 3), order: ints(2, 0, 1) });
    expect([...y]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('copy', () => {
    const y = floats(8).fill(9);
    // x[1:3] backwards, twice, to rows of 4 columns
    const parts = Float64Array.of(2, 2, 0, -1, 4, 1);
    kernels.copy({ x, y, parts, xStart: 2, yStart: 1 });
    expect([...y]).toEqual([9, 2, 1, 9, 9, 2, 1, 9]);
  });

  it('gather', () => {
    const y = floats(4);
    const call = { x, indices: ints(2, 0), y, batch: 1, outer: 2, rows: 3, inner: 1 };
    expect(kernels.gather(call)).toBe(true);
    expect([...y]).toEqual([2, 0, 5, 3]);
    expect(kernels.gather({ ...call, indices: ints(2, 3) })).toBe(false);
  });
});
