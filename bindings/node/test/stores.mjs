// What several tests open.
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
