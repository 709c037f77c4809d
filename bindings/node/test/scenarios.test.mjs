// The stories that all languages tell.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { Tympan } from '../index.js';
import { options, play, ways } from './scenarios.mjs';
import { folder } from './stores.mjs';

const place = process.env.TYMPAN_SCENARIOS ?? fileURLToPath(new URL('../../scenarios', import.meta.url));
const { TYMPAN_SCENARIO_STORE: other, DATABASE_URL: postgres } = process.env;
const stores = {
  memory: () => 'memory:',
  sqlite: (test) => `sqlite:${join(folder(test), 'story.db')}`,
  ...(other && { [other.split(':')[0]]: () => (other === 'postgres' ? postgres : other) }),
};
const names = readdirSync(place).filter((name) => name.endsWith('.json'));
assert.ok(names.length > 0, 'there is no story');

for (const name of names) {
  const scenario = JSON.parse(readFileSync(join(place, name), 'utf8'));
  for (const [store, address] of Object.entries(stores)) {
    for (const [way, call] of Object.entries(ways)) {
      test(`${name} on ${store}, ${way}`, async (test) => {
        const place = address(test);
        const tympan = await Tympan.open(place, options(scenario, place));
        test.after(() => tympan.close());
        await play(name, scenario, tympan, call);
      });
    }
  }
}
