import { expect, it } from 'vitest';
import { quietSpeeds } from './machine-load.js';

it('leaves speeds out when the machine was busy before', () => {
  const table = { headings: ['model', 'forward tok/s', 'bits'], rows: [['a', '1,000', '2.5']] };
  expect(quietSpeeds(table, 1.4)).toEqual({ table });
  expect(quietSpeeds(table, undefined)).toEqual({ table });
  expect(quietSpeeds(table, 3.14)).toEqual({
    table: { headings: ['model', 'bits'], rows: [['a', '2.5']] },
    note: 'speeds: left out, the load average was 3.1 before; expected below 1.5',
  });
});
