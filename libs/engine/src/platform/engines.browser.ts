// The engines that a page alone has.
import type { Candidate } from '../candidates.js';

export const platformEngines: readonly Candidate[] = [];
