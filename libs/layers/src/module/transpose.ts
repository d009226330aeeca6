// Transposes matrices of weights between the order in memory and the order in files.

/** `[rows, columns]` to `[columns, rows]`. Eight rows at a time take half the time of square blocks. */
export function transpose(from: Float32Array, rows: number, columns: number): Float32Array {
  const to = new Float32Array(from.length);
  let top = 0;
  for (; top + 8 <= rows; top += 8) {
    for (let column = 0; column < columns; column++) {
      const at = column * rows + top;
      let next = top * columns + column;
      to[at] = from[next];
      to[at + 1] = from[(next += columns)];
      to[at + 2] = from[(next += columns)];
      to[at + 3] = from[(next += columns)];
      to[at + 4] = from[(next += columns)];
      to[at + 5] = from[(next += columns)];
      to[at + 6] = from[(next += columns)];
      to[at + 7] = from[next + columns];
    }
  }
  for (; top < rows; top++) {
    for (let column = 0; column < columns; column++) to[column * rows + top] = from[top * columns + column];
  }
  return to;
}
