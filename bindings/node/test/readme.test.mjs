// What the README shows runs: one program after the other, in one folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { folder } from './stores.mjs';

test('what the README shows runs', (test) => {
  const cwd = folder(test);
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const programs = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program);
  assert.equal(programs.length, 2);
  const told = programs.map((program, place) => {
    const path = join(cwd, `${place}.mjs`);
    writeFileSync(path, program.replace("'tympan'", `'${new URL('../index.js', import.meta.url)}'`));
    return execFileSync(process.execPath, [path], { cwd, encoding: 'utf8' }).split('\n');
  });
  assert.deepEqual(told, [
    ['488n', '488 pages are left', ''],
    ['set up before', 'true 476n', 'refund 12n 500n the paper was crumpled', 'refuse 0n 488n ', 'charge -12n 488n ', 'grant 500n 500n ', ''],
  ]);
});
