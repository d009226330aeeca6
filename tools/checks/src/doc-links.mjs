// Checks the relative links of every Markdown file in the repository: that the file exists, and the heading where there is one.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, writeReport } from './commands.mjs';

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && !page.startsWith('.changeset/') && existsSync(join(root, page)));

const withoutCode = (text) =>
  text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ''));

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path) {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading]) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/ /g, '-'),
    ),
  );
}

const tests = pages.map((page) => {
  const broken = [];
  const path = join(root, page);
  for (const [, link] of withoutCode(readFileSync(path, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file, anchor] = link.split('#');
    const target = file === '' ? path : join(dirname(path), decodeURI(file));
    const readme = existsSync(join(target, 'README.md')) ? join(target, 'README.md') : target;
    if (!existsSync(target)) broken.push(`${link}: no such file`);
    else if (anchor !== undefined && !anchorsOf(readme).has(anchor))
      broken.push(`${link}: no such heading in ${relative(root, readme)}`);
  }
  return { name: page, message: broken.length === 0 ? undefined : broken.join('\n'), duration: 0 };
});

writeReport('doc-links', tests);
const failed = tests.filter(({ message }) => message !== undefined);
for (const { name, message } of failed) console.log(`FAILED | ${name}\n${message.replace(/^/gm, '    ')}`);
console.log(`${tests.length - failed.length} pages have valid links, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
