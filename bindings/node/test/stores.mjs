// What several tests open.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Tympan } from '../index.js';

/** A folder that is gone after the test. */
export function folder(test) {
  const path = mkdtempSync(join(tmpdir(), 'tympan-node-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A shop with a hundred pages a month for everybody, and Bob. */
export async function shop(test, address = 'memory:', options = {}) {
  const tympan = await Tympan.open(address, options);
  test.after(() => tympan.close());
  const shop = await tympan.bootstrap('Shop', 'EUR', 'Ann', { username: 'ann' });
  const plan = { measure: 'total_pages', amount: 100n, schedule: 'monthly' };
  const profile = await tympan.createProfile('Pages', { plans: [plan] });
  const { user: bob } = await tympan.createUser('Bob', { username: 'bob', profile: profile.id });
  return { tympan, shop, profile, bob };
}

const LOCKING = 'import sqlite3, sys\ndatabase = sqlite3.connect(sys.argv[1])\ndatabase.execute("begin immediate")\nprint("locked", flush=True)\nsys.stdin.read()';

/** Has another process hold the lock of a database, until the function that is given back is called, or the test ends. */
export async function lock(test, path) {
  const other = spawn('python3', ['-c', LOCKING, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(other, 'exit');
  await once(other.stdout, 'data');
  const release = async () => {
    other.stdin.end();
    await ended;
  };
  test.after(release);
  return release;
}
