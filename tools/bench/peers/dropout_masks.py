"""The dropout masks of lilformer, the same bits: Threefry-4x32 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
as easy as 1, 2, 3", SC 2011) with 12 rounds, keyed by seed and counter.

`python dropout_masks.py` prints dropout-masks.json, which a test compares with lilformer's masks.
"""
import json

import numpy

ROTATIONS = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
ROUNDS = 12
TILE_ROWS, TILE_COLUMNS = 8, 16
LOW = numpy.uint64(0xFFFFFFFF)


def halves(value: int) -> tuple:
    return numpy.uint32(value & 0xFFFFFFFF), numpy.uint32(value >> 32)


def threefry(blocks: numpy.ndarray, seed: int, counter: int) -> list:
    """The four 32-bit words of each block (uint64 numbers)."""
    key = [*halves(seed), *halves(counter)]
    key.append(key[0] ^ key[1] ^ key[2] ^ key[3] ^ numpy.uint32(0x1BD11BDA))
    zeros = numpy.zeros(blocks.shape, numpy.uint32)
    counters = [(blocks & LOW).astype(numpy.uint32), (blocks >> numpy.uint64(32)).astype(numpy.uint32), zeros, zeros]
    words = [word + part for word, part in zip(counters, key)]
    for step in range(ROUNDS):
        for (i, j), rotation in zip(((0, 1), (2, 3)), ROTATIONS[step % 8]):
            words[i] += words[j]
            turned = words[j] << numpy.uint32(rotation)
            turned |= words[j] >> numpy.uint32(32 - rotation)
            turned ^= words[i]
            words[j] = turned
        words[1], words[3] = words[3], words[1]
        if step % 4 == 3:
            injection = step // 4 + 1
            for i in range(4):
                words[i] += key[(injection + i) % 5]
            words[3] += numpy.uint32(injection)
    return words


def dropout_mask(rate: float, seed: int, counter: int, parts: int, rows: int, columns: int) -> numpy.ndarray:
    """[parts, rows, columns] of 0 (dropped) or 1 / (1 - rate). Every part starts at a new tile of 8 rows and 16 columns.

    Column c of tile t is block 16 t + c; its four words hold 16 bits each for the eight rows, the even row in the lower half.
    """
    down, across = -(-rows // TILE_ROWS), -(-columns // TILE_COLUMNS)
    with numpy.errstate(over="ignore"):
        tiles = numpy.arange(parts * down, dtype=numpy.uint64)[:, None] * numpy.uint64(across * TILE_COLUMNS)
        words = threefry(tiles + numpy.arange(columns, dtype=numpy.uint64), seed, counter)
    threshold, kept = round(rate * 2**16), numpy.float32(1 / (1 - rate))
    bits = numpy.empty((parts * down, TILE_ROWS, columns), numpy.uint16)
    for i, word in enumerate(words):
        bits[:, 2 * i] = word & numpy.uint32(0xFFFF)
        bits[:, 2 * i + 1] = word >> numpy.uint32(16)
    mask = numpy.where(bits >= threshold, kept, numpy.float32(0))
    return mask.reshape(parts, down * TILE_ROWS, columns)[:, :rows]


def kept_bits(mask: numpy.ndarray) -> str:
    """Which elements are kept, as hexadecimal: eight a byte, the first in the highest bit."""
    return numpy.packbits((mask != 0).ravel()).tobytes().hex()


CASES = (
    dict(rate=0.1, seed=1, counter=0, parts=1, rows=3, columns=5),
    dict(rate=0.5, seed=2**32 + 7, counter=2**32 + 1, parts=1, rows=21, columns=37),
    dict(rate=0.3, seed=4294967295, counter=12, parts=2, rows=9, columns=17),
    dict(rate=0.2, seed=123456789, counter=999, parts=1, rows=16, columns=64),
)

if __name__ == "__main__":
    print(json.dumps([{**case, "kept": kept_bits(dropout_mask(**case))} for case in CASES], indent=2))
