import { availableParallelism, cpus } from 'node:os';

/** The machine of a measurement: `2 cores of AMD EPYC 9R45, Node 20.20.2`. */
export function describeMachine(): string {
  const cores = availableParallelism();
  const model = cpus().at(0)?.model.trim().replace(/\s+/g, ' ') || process.arch;
  return `${cores} core${cores === 1 ? '' : 's'} of ${model}, Node ${process.versions.node}`;
}
