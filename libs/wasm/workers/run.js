// A thread of the pool: an instance of the module over the shared memory, which works for ever.
export function run({ module, memory, lane, stack, tls }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.__wasm_init_tls(tls);
  exports.work(lane);
}
