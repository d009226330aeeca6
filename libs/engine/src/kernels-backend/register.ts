// Registers backends with TensorFlow.js: the kernels of tfjs's cpu backend, replaced by faster ones where there are any.
import type { Kernels, TensorMemory } from '@lilformer/kernels';
import { tf } from '../tf.js';
import { KernelsBackend } from './backend.js';
import { registered } from './current.js';
import { elementwise } from './operations/elementwise.js';
import { layout } from './operations/layout.js';
import { products } from './operations/matmul.js';
import type { Call, Operations } from './operations/operation.js';
import { reductions } from './operations/reduce.js';

type KernelParams = Parameters<tf.KernelFunc>[0];
type KernelResult = ReturnType<tf.KernelFunc>;

/** Registers the TensorFlow.js backend `name` over these kernels, once. */
export function registerKernelsBackend(
  name: string,
  opened: { readonly kernels: Kernels; readonly memory: TensorMemory },
): void {
  if (tf.findBackendFactory(name)) return;
  const operations: Operations = { ...elementwise, ...reductions, ...layout, ...products };
  for (const { kernelFunc, ...config } of tf.getKernelsForBackend('cpu')) {
    const onCpu = (params: KernelParams): KernelResult => {
      try {
        return (params.backend as KernelsBackend).runInside(() =>
          kernelFunc(params as Parameters<typeof kernelFunc>[0]),
        );
      } catch (error) {
        throw isAllocation(error) ? outOfMemory(config.kernelName, params, error) : error;
      }
    };
    const operation = operations[config.kernelName];
    tf.registerKernel({
      ...config,
      backendName: name,
      kernelFunc: operation ? (params) => operation(params as Call) ?? onCpu(params) : onCpu,
    });
  }
  tf.registerBackend(name, () => new KernelsBackend(name, opened), 4);
  registered.add(name);
}

/** Whether a typed array could not be made. */
function isAllocation(error: unknown): error is RangeError {
  return error instanceof RangeError && /typed array length|allocation failed/.test(error.message);
}

function outOfMemory(name: string, { inputs }: KernelParams, cause: RangeError): Error {
  const shapes = Object.values(inputs).flat().map((input) => `[${input!.shape.join(', ')}]`); // prettier-ignore
  return new Error(
    `out of memory: ${name} of tensors of shape ${shapes.join(', ')} (${cause.message}). Use smaller tensors.`,
    { cause },
  );
}
