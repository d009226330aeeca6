// SHA-256 of Node.
import { createHash, type Hash } from 'node:crypto';

/** A hash to which UTF-8 text is added piece by piece. */
export const createSha256 = (): Hash => createHash('sha256');
