// Wheels for tests: zip files written by the book (APPNOTE 6.3, 4.3), with a RECORD.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

export interface WheelOptions {
  readonly name?: string;
  readonly version?: string;
  readonly tag?: string;
  /** Contents that RECORD is to describe in place of what is there. */
  readonly recorded?: Record<string, string | Buffer>;
}

/** Writes a wheel; every second file is stored, the others are deflated. */
export function makeWheel(
  path: string,
  files: Record<string, string | Buffer>,
  { name = 'tensorflow_cpu', version = '2.21.0', tag, recorded = {} }: WheelOptions = {},
): void {
  const info = `${name}-${version}.dist-info`;
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const all: Record<string, string | Buffer> = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nText.\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nTag: ${tag ?? `cp311-cp311-manylinux_2_27_${machine}`}\n`,
  };
  const record = Object.entries({ ...all, ...recorded }).map(([file, contents]) => {
    const bytes = Buffer.from(contents);
    const hash = createHash('sha256').update(bytes).digest('base64url');
    const quoted = /[",]/.test(file) ? `"${file.replaceAll('"', '""')}"` : file;
    return `${quoted},sha256=${hash},${bytes.length}`;
  });
  all[`${info}/RECORD`] = [...record, `${info}/RECORD,,`, ''].join('\n');

  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  Object.entries(all).forEach(([file, contents], i) => {
    const bytes = Buffer.from(contents);
    const data = i % 2 === 0 ? deflateRawSync(bytes) : bytes;
    const fileName = Buffer.from(file);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(i % 2 === 0 ? 8 : 0, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(fileName.length, 22);
    // The two headers of a file may have extra fields of different lengths, as those of Python's zipfile do.
    const extra = Buffer.from([0xfe, 0xca, 1, 0, i % 256]);
    common.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, fileName, extra, data]);
    common.writeUInt16LE(0, 24);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, tail, fileName]));
    parts.push(local);
    offset += local.length;
  });
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(path, Buffer.concat([...parts, listed, end]));
}

/** What a wheel of TensorFlow has that is taken, in small. */
export function tensorFlowFiles(cuda = false): Record<string, string> {
  const include = 'tensorflow/include/';
  return {
    'tensorflow/libtensorflow_cc.so.2': 'library '.repeat(5000),
    'tensorflow/libtensorflow_framework.so.2': 'framework',
    [`${include}tensorflow/c/c_api.h`]:
      '#include <stddef.h>\n#include "tensorflow/c/tf_status.h"\n#include "gone.h"\n',
    [`${include}tensorflow/c/eager/c_api.h`]: '#include "tensorflow/c/c_api.h"\n  #  include "beside.h"\n',
    [`${include}tensorflow/c/eager/beside.h`]: '// found beside the header that includes it\n',
    [`${include}tensorflow/c/tf_datatype.h`]: '',
    [`${include}tensorflow/c/tf_status.h`]: '#include "xla/tsl/c/tsl_status.h"\n',
    [`${include}tensorflow/c/tf_tensor.h`]: '',
    [`${include}tensorflow/core/platform/ctstring_internal.h`]: '',
    [`${include}xla/tsl/c/tsl_status.h`]: '#include "tensorflow/c/tf_status.h"\n// a circle\n',
    [`${include}tensorflow/core/framework/tensor.h`]: '// nobody asks for it\n',
    'tensorflow/python/platform/build_info.py': `build_info = {('is_cuda_build', ${cuda ? 'True' : 'False'})}`,
  };
}
