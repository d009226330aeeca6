// The second step of the build: replaces dist/charts/echarts.js by a bundle with the used parts of ECharts, and collects the
// licences of the packages in it.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const project = resolve(import.meta.dirname, '..');
const { metafile } = await build({
  entryPoints: [join(project, 'src/charts/echarts.ts')],
  outfile: join(project, 'dist/charts/echarts.js'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  define: { 'process.env.NODE_ENV': '"production"' },
  minify: true,
  legalComments: 'none',
  metafile: true,
});

const folders = new Set(
  Object.keys(metafile.inputs).flatMap(
    (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(resolve(file).replaceAll('\\', '/'))?.[0] ?? [],
  ),
);
const texts = [...folders].sort().map((folder) => {
  const files = readdirSync(folder).filter((file) => /^(LICENSE|NOTICE)/.test(file));
  if (files.length === 0) throw new Error(`${folder}: no licence. Expected a file LICENSE.`);
  return [
    `# ${basename(folder)}`,
    ...files.map((file) => readFileSync(join(folder, file), 'utf8').trim()),
  ].join('\n\n');
});
writeFileSync(join(project, 'dist/charts/echarts.LICENSES.txt'), `${texts.join('\n\n')}\n`);
rmSync(join(project, 'dist/charts/echarts.js.map'), { force: true }); // of the module before bundling
