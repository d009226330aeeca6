// The load of the machine: times and speeds mean something only when nothing else runs.
import { loadavg } from 'node:os';
import type { Table } from '@lilformer/command-line';

/** Load average from which other programs slow a command down. */
export const BUSY = 1.5;

/** Load average of the machine over the last minute; undefined on Windows. */
export function machineLoad(): number | undefined {
  return process.platform === 'win32' ? undefined : loadavg()[0];
}

/** A table without its columns of speeds if the machine was busy before, with a note that says so. */
export function quietSpeeds(table: Table, load: number | undefined): { table: Table; note?: string } {
  if (load === undefined || load < BUSY) return { table };
  const isKept = table.headings.map((heading) => !heading.endsWith('tok/s'));
  const keep = (cells: readonly string[]) => cells.filter((_, i) => isKept[i]);
  return {
    table: { headings: keep(table.headings), rows: table.rows.map(keep) },
    note: `speeds: left out, the load average was ${load.toFixed(1)} before; expected below ${BUSY}`,
  };
}
