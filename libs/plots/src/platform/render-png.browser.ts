// Pages draw SVG themselves.

/** @throws Error always: in a page, the SVG is drawn without PNG */
export function renderPng(_svg: string, _zoom: number): Uint8Array {
  throw new Error('PNG: not available in a page. Use the SVG, which a page draws itself.');
}
