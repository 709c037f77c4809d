// Builds the addon for this machine and puts it beside `index.cjs`; options go to cargo:
// `--release` for what is published, `--features probe` for the tests.
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';

const build = ['build', '--locked', '--package', 'tympan-node', '--message-format', 'json-render-diagnostics'];
const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 };
const messages = execFileSync('cargo', [...build, ...process.argv.slice(2)], options).split('\n').filter((line) => line.startsWith('{'));
const [library] = messages.map((line) => JSON.parse(line)).findLast((message) => message.target?.name === 'tympan_node').filenames;
const suffix = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';
copyFileSync(library, new URL(`tympan.${process.platform}-${process.arch}${suffix}.node`, import.meta.url));
