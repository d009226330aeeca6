import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDict, pickleBudget, PickleTooShort, readPickle } from './pickle.js';
import { PyTorchResolver, toPlain } from './pytorch-names.js';
import { checkStrided } from './strided.js';

const fixtures = JSON.parse(
  readFileSync(new URL('../../fixtures/pickles.json', import.meta.url), 'utf8'),
) as {
  value: unknown;
  pickles: Record<string, string>;
};

/** Reads a pickle given as a string of one character per byte. */
function read(text: string): unknown {
  const resolver = new PyTorchResolver();
  const { value } = readPickle(Buffer.from(text, 'latin1'), resolver);
  return toPlain(value, resolver);
}

function ordinary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordinary);
  if (isDict(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ordinary(item)]));
  return value;
}

describe("Python's pickles", () => {
  it.each(Object.keys(fixtures.pickles))('protocol %s', (protocol) => {
    const { value, end } = readPickle(Buffer.from(fixtures.pickles[protocol], 'hex'), new PyTorchResolver());
    expect(ordinary(value)).toEqual(fixtures.value);
    expect(end).toBe(fixtures.pickles[protocol].length / 2);
    const { again } = value as { again: unknown[] };
    expect(again[0]).toBe(again[1]);
  });

  it('throws PickleTooShort wherever a pickle is truncated', () => {
    for (const hex of Object.values(fixtures.pickles)) {
      const bytes = Buffer.from(hex, 'hex');
      for (let end = 0; end < bytes.length; end++) {
        expect(() => readPickle(bytes.subarray(0, end), new PyTorchResolver())).toThrow(PickleTooShort);
      }
    }
  });
});

describe('hostile pickles', () => {
  it.each<[string, string, string]>([
    ['GLOBAL and REDUCE', "cos\nsystem\n(S'true'\ntR.", 'refers to "os.system"'],
    ['GLOBAL alone', 'cposix\nsystem\n.', 'refers to "posix.system"'],
    ['STACK_GLOBAL', '\x8c\x02os\x8c\x06system\x93.', 'refers to "os.system"'],
    ['STACK_GLOBAL of numbers', 'K\x01K\x02\x93.', 'name is not a string'],
    ['eval', "c__builtin__\neval\n(S'1'\ntR.", 'refers to "__builtin__.eval"'],
    ['getattr', 'cbuiltins\ngetattr\n.', 'refers to "builtins.getattr"'],
    ['a property of the prototype', 'cconstructor\nprototype\n.', 'refers to "constructor.prototype"'],
    [
      'a dotted path through a known name',
      'ctorch\n_utils._rebuild_tensor_v2.__globals__\n.',
      'Expected only tensors and plain containers',
    ],
    ['INST', "(S'true'\nios\nsystem\n.", 'refers to "os.system"'],
    ['INST of a known name', '(icollections\nOrderedDict\n.', 'INST'],
    ['OBJ', '(cos\nsystem\no.', 'refers to "os.system"'],
    ['OBJ of a known name', '(ccollections\nOrderedDict\no.', 'OBJ'],
    ['NEWOBJ', 'cos\nsystem\n)\x81.', 'refers to "os.system"'],
    ['NEWOBJ_EX', 'ccollections\nOrderedDict\n)}\x92.', 'NEWOBJ_EX'],
    ['EXT1', '\x82\x01.', 'EXT1'],
    ['EXT2', '\x83\x01\x00.', 'EXT2'],
    ['EXT4', '\x84\x01\x00\x00\x00.', 'EXT4'],
    ['NEXT_BUFFER', '\x97.', 'NEXT_BUFFER'],
    ['PERSID', 'Pa\n.', 'PERSID'],
    ['REDUCE of a string', 'S"a"\n)R.', 'calls string a, which is not a function'],
    ['REDUCE of a list', '])R.', 'calls a list or tuple, which is not a function'],
    ['REDUCE of a dict', '})R.', 'calls a dict, which is not a function'],
    ['REDUCE of a type', 'cbuiltins\nint\n)R.', 'calls builtins.int, which is not a function'],
    [
      'REDUCE with a string as arguments',
      'ccollections\nOrderedDict\nS"a"\nR.',
      'string a instead of a list',
    ],
    ['a character beyond Unicode', 'V\\U10012345\n.', 'U10012345 is not a Unicode character'],
    ['BUILD of a list', ']}b.', 'sets attributes of a list or tuple'],
    ['BUILD of a function', 'ccollections\nOrderedDict\n}b.', 'sets attributes of collections.OrderedDict'],
    ['an object of an unknown class', 'cargparse\nNamespace\n)R.', 'refers to "argparse.Namespace"'],
    ['a builtin that runs code', '(c__builtin__\n__import__\nl.', 'refers to "__builtin__.__import__"'],
    ['a dunder name', '(ctorch.nn\nModule.__init__.__globals__\nl.', 'refers to "torch.nn.Module.__init__'],
    ['a submodule that runs code', '(cos.path\njoin\nl.', 'refers to "os.path.join"'],
    ['a type as the value', 'ccollections\nOrderedDict\n.', 'refers to "collections.OrderedDict"'],
    ['a persistent id of code', '(S"module"\nS"x"\ntQ.', 'refers to string module outside'],
    ['a persistent id that is not a tuple', 'S"x"\nQ.', 'string x instead of a list'],
    [
      'a storage of a dict type',
      '(S"storage"\nccollections\nOrderedDict\nS"0"\nS"cpu"\nK\x01tQ.',
      'a storage of type collections.OrderedDict',
    ],
    [
      'a storage outside a tensor',
      '(S"storage"\nctorch\nFloatStorage\nS"0"\nS"cpu"\nK\x01tQ.',
      'refers to a storage outside a tensor',
    ],
    [
      'a tensor of an invalid storage',
      'ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00))tR.',
      'storage is number 1',
    ],
    [
      'a tensor built by another function',
      'ctorch._tensor\n_rebuild_from_type_v2\n(c_codecs\nencode\nNNtR.',
      'calls _codecs.encode to build a tensor',
    ],
    ['a numpy object', 'cnumpy\ndtype\n(S"O8"\ntR.', 'refers to a numpy type'],
    [
      'a numpy scalar of a string type',
      'cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S"S8"\ntRc_codecs\nencode\n(S"a"\nS"latin1"\ntRtR.',
      'refers to "numpy scalar of type S8"',
    ],
    [
      'a numpy scalar that is too short',
      'cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S"f8"\ntRc_codecs\nencode\n(S"a"\nS"latin1"\ntRtR.',
      '1 bytes',
    ],
    ['another encoding', 'c_codecs\nencode\n(S"a"\nS"rot13"\ntR.', 'bytes in another encoding than latin1'],
    ['memo entry that is not set', 'h\x05.', 'refers to value 5'],
    ['memo of -1', 'Np-1\n.', 'an invalid memo index'],
    ['missing mark', 't.', 'a mark that is not set'],
    ['empty stack', '.', 'pops from an empty stack'],
    ['empty stack above the mark', '(R.', 'pops from an empty stack'],
    ['values left over', 'NN.', 'ends with values on the stack'],
    ['a mark left over', 'N(N.', 'ends with values on the stack'],
    ['append to a dict', '}Na.', 'a dict instead of a list'],
    ['item of a list', ']NNs.', 'a list or tuple instead of a dict'],
    ['item of a string', 'S"a"\nS"length"\nNs.', 'string a instead of a dict'],
    ['add to a list', '](N\x90.', 'a list or tuple instead of a set'],
    ['key without value', '(Nd.', 'a dictionary key without a value'],
    ['protocol 6', '\x80\x06N.', 'pickle protocol 6'],
    ['invalid opcode', '\xff.', 'has 0xff instead of an opcode'],
    ['LONG4 of negative length', '\x8b\xff\xff\xff\xff.', 'an integer of -1 bytes'],
    ['LONG4 of 2 GB', '\x8b\xff\xff\xff\x7f.', 'an integer of 2147483647 bytes'],
    ['BINSTRING of negative length', 'T\xfb\xff\xff\xff.', 'a string of -5 bytes'],
    ['BINBYTES of 4 GB', 'B\xfb\xff\xff\xff.', 'truncated'],
    ['BINBYTES8 of 2^64 - 1', '\x8e\xff\xff\xff\xff\xff\xff\xff\xff.', 'truncated'],
    ['BINUNICODE8 of 2^63', '\x8d\x00\x00\x00\x00\x00\x00\x00\x80.', 'truncated'],
    ['letters as an integer', 'Iabc\n.', '"abc" instead of an integer'],
    ['an integer of 100,000 digits', `L${'9'.repeat(100_000)}L\n.`, 'instead of an integer'],
    ['letters as a float', 'Fabc\n.', '"abc" instead of a float'],
    ['a string without quotes', 'Sabc\n.', 'a string without quotes'],
    ['bad UTF-8', 'X\x01\x00\x00\x00\xff.', 'not valid'],
  ])('%s', (_, pickle, message) => {
    expect(() => read(pickle)).toThrow(message);
  });

  it('reads names like __proto__ as ordinary keys', () => {
    const value = read('(S"__proto__"\n(S"polluted"\nI01\ndS"constructor"\nNd.') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(null);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const ordered = read('ccollections\nOrderedDict\n((lp0\n(S"__proto__"\n}tatRp1\n}b.');
    expect([Object.getPrototypeOf(ordered), Object.keys(ordered as object)]).toEqual([null, ['__proto__']]);
  });

  it('reads the items of an OrderedDict without its attributes', () => {
    expect({
      ...(read('ccollections\nOrderedDict\n)R(S"a"\nK\x01u}S"_metadata"\nK\x02sb.') as object),
    }).toEqual({ a: 1 });
  });

  it('reads a list nested 100,000 times without recursion', () => {
    expect(Array.isArray(read(`${']'.repeat(100_000)}${'a'.repeat(99_999)}.`))).toBe(true);
    expect(read(`](${'N'.repeat(700_000)}e.`)).toHaveLength(700_000);
  });

  it('reads 200,000 keys', () => {
    const keys = Array.from(
      { length: 200_000 },
      (_, i) => `X\x08\x00\x00\x00${String(i).padStart(8, 'k')}K\x01`,
    );
    expect(Object.keys(read(`}(${keys.join('')}u.`) as object)).toHaveLength(200_000);
  });

  // What each builds takes more than 64 MB.
  it.each<[string, string]>([
    ['marks', '('.repeat(4 << 20)],
    ['marks that are popped', '(1'.repeat(8 << 20)],
    ['values', `(${'N'.repeat(4 << 20)}`],
    ['values that are popped', 'N0'.repeat(8 << 20)],
    ['empty dicts', `(${'}'.repeat(1 << 20)}`],
    ['empty sets', `(${'\x8f'.repeat(1 << 20)}`],
    ['lists of one value', `(${']Na'.repeat(1 << 19)}`],
    ['memo entries', `N${'\x94'.repeat(4 << 20)}`],
    ['long integers', `(${`\x8a\xff${'\x7f'.repeat(255)}`.repeat(1 << 17)}`],
    ['characters beyond latin1', `(${`X\x00\x00\x01\x00${'\u00ce\u00b1'.repeat(1 << 15)}`.repeat(1 << 9)}`],
  ])('refuses to fill the memory with %s', (_, pickle) => {
    const bytes = Buffer.from(`${pickle}.`, 'latin1');
    // As in a compressed file that is far smaller.
    expect(() => readPickle(bytes, new PyTorchResolver(), pickleBudget(bytes.length / 1000))).toThrow(
      'builds far more than a file of this size',
    );
  });

  it('refuses lists in lists with 10^40 items where a text or a number should be', () => {
    const level = (i: number): string =>
      `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}0`;
    const lists = `](K\x01eq\x000${Array.from({ length: 40 }, (_, i) => level(i)).join('')}h\x28`;
    const storage = '(S"storage"\nctorch\nFloatStorage\nS"0"\nS"cpu"\nK\x01tQ';
    const tensor = (rest: string): string => `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${rest}I00\nNtR.`;
    expect(read(`${lists}.`)).toHaveLength(10);
    for (const name of ['ctorch\ndevice', 'cnumpy\ndtype', 'ctorch.serialization\n_get_layout'])
      expect(() => read(`${name}\n(${lists}tR.`)).toThrow('a list or tuple instead of a string');
    expect(() => read(`c_codecs\nencode\n(S"a"\n${lists}tR.`)).toThrow('a list or tuple instead of a string');
    for (const rest of [`K\x00(${lists}t(K\x01t`, `K\x00(K\x01t(${lists}t`, `${lists}(K\x01t(K\x01t`]) {
      const resolver = new PyTorchResolver();
      readPickle(Buffer.from(tensor(rest), 'latin1'), resolver);
      expect(() => checkStrided(resolver.tensors[0].strided, 1)).toThrow('a list or tuple');
    }
  });

  it('gives an error or a plain value for any bytes and any damaged pickle', () => {
    const valid = ['0', '2', '4'].map((protocol) => Buffer.from(fixtures.pickles[protocol], 'hex'));
    const opcodes = [
      ...'.(012pqrghjNIJKMLFGSTUVXBC])}tlaedsucRbioQP\x80\x81\x82\x85\x86\x87\x88\x8a\x8b\x8c\x8f\x90\x91\x93\x94\x95',
    ];
    const damaged = fc
      .tuple(
        fc.constantFrom(...valid),
        fc.array(fc.tuple(fc.nat(1200), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      )
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    const anyOpcodes = fc
      .array(
        fc.oneof(
          fc.constantFrom(...opcodes),
          fc.constantFrom('collections\nOrderedDict\n', 'builtins\nset\n', '\x00', '\x01', '1\n', '"a"\n'),
        ),
      )
      .map((parts) => Buffer.from(parts.join('') + '.', 'latin1'));
    fc.assert(
      fc.property(fc.oneof(damaged, anyOpcodes), (bytes) => {
        try {
          const resolver = new PyTorchResolver();
          toPlain(readPickle(bytes, resolver).value, resolver);
        } catch (error) {
          // Errors of this library and of TextDecoder, but none such as reading a property of undefined.
          if (
            error instanceof TypeError &&
            (error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA'
          )
            throw error;
          expect(error).not.toBeInstanceOf(RangeError);
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
      { numRuns: 4000 },
    );
  });
});
