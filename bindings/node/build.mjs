// Builds the addon for this machine and puts it beside `index.cjs`. With `--release` it is what is
// published; without, it also has what the tests need.
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';

const release = process.argv.includes('--release');
const build = ['build', '--locked', '--package', 'tympan-node', '--message-format', 'json-render-diagnostics'];
const profile = release ? ['--release'] : ['--features', 'probe'];
const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 };
const messages = execFileSync('cargo', [...build, ...profile], options)
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line));
const [library] = messages.find((message) => message.target?.name === 'tympan_node').filenames;
const suffix = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';
copyFileSync(library, new URL(`tympan.${process.platform}-${process.arch}${suffix}.node`, import.meta.url));
