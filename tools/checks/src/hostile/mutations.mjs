// Damages a file: bytes for any format, values and structure for JSON.
import { Random } from '@lilformer/random';

const LENGTHS = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff];
const VALUES = [
  ...[0, -1, 1, 0.5, 1e9, -1e9, 2 ** 53, 2 ** 60, 1e308, -0, null, true, false],
  ...['', 'x', '\u0000', '../../etc/passwd', '1', [], {}, [[]], [1], { a: 1 }, [null], '𝒳'.repeat(9)],
];

/** Bytes of `file` with one to four changes; `others` are files of the same format. */
function damage(file, others, random) {
  let bytes = Buffer.from(file);
  const count = 1 + random.integer(4);
  for (let i = 0; i < count; i++) bytes = change(bytes, others, random);
  return bytes;
}

function change(bytes, others, random) {
  const at = random.integer(Math.max(1, bytes.length));
  const length = Math.min(bytes.length - at, 1 + random.integer(64));
  const copy = Buffer.from(bytes);
  switch (random.integer(9)) {
    case 0: // flip a bit
      if (bytes.length > 0) copy[at] ^= 1 << random.integer(8);
      return copy;
    case 1: // other bytes
      for (let i = at; i < at + length; i++) copy[i] = random.integer(256);
      return copy;
    case 2: // a range of zeros or ones
      return copy.fill(random.integer(2) * 255, at, at + length);
    case 3: // the end is missing
      return copy.subarray(0, at);
    case 4: // a part is missing
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 5: // a part is there twice
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    case 6: {
      // a part of another file
      const other = others[random.integer(others.length)];
      const from = random.integer(Math.max(1, other.length));
      return Buffer.concat([copy.subarray(0, at), other.subarray(from, from + length), copy.subarray(at)]);
    }
    case 7: // a length field, 32 or 64 bits
      if (bytes.length < 8) return copy;
      copy.writeUInt32LE(LENGTHS[random.integer(LENGTHS.length)], Math.min(at, bytes.length - 4));
      return copy;
    default:
      if (bytes.length < 8) return copy;
      copy.writeBigUInt64LE(
        BigInt(random.integer(2 ** 31)) << BigInt(random.integer(34)),
        Math.min(at, bytes.length - 8),
      );
      return copy;
  }
}

/** JSON text with changed values, missing entries or deep nesting; undefined for text that is no JSON. */
function damageJson(file, random) {
  let value;
  try {
    value = JSON.parse(file.toString('utf8'));
  } catch {
    return undefined;
  }
  const count = 1 + random.integer(3);
  for (let i = 0; i < count; i++) {
    const places = [];
    collect(value, places);
    if (places.length === 0) break;
    const { parent, key } = places[random.integer(places.length)];
    switch (random.integer(6)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(key, 1);
        else Reflect.deleteProperty(parent, key);
        break;
      case 1:
        parent[key] = nested(10 ** (1 + random.integer(4)));
        break;
      case 2:
        parent[key] = places[random.integer(places.length)].value;
        break;
      default:
        parent[key] = VALUES[random.integer(VALUES.length)];
    }
  }
  try {
    return Buffer.from(JSON.stringify(value));
  } catch {
    return undefined; // the entry contains itself, or is nested too deeply to write
  }
}

function collect(value, places) {
  if (typeof value !== 'object' || value === null || places.length > 5000) return;
  for (const key of Object.keys(value)) {
    places.push({ parent: value, key: Array.isArray(value) ? Number(key) : key, value: value[key] });
    collect(value[key], places);
  }
}

function nested(depth) {
  let value = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

/** The damaged file of case `index`. */
export function damagedFile(file, others, seed, index) {
  const random = new Random(seed).split(`case ${index}`);
  return (random.integer(2) === 0 && damageJson(file, random)) || damage(file, others, random);
}
