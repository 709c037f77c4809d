// The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero.
//
//   node first-program.mjs

import { RefusedError, Tympan } from 'tympan';

const shop = await Tympan.open('memory:');
await shop.bootstrap('Print shop', 'EUR', 'Ada Admin');

const { id: staff } = await shop.createProfile('Staff', {
  plans: [{ measure: 'total_pages', amount: 12n, schedule: 'monthly', timeZone: 'Europe/Berlin' }],
});
const { user: ann } = await shop.createUser('Ann Müller', { username: 'ann', profile: staff });
const { identities } = await shop.addIdentity(ann.id, { kind: 'pin', alone: true });
const pin = identities[0]?.value ?? '';
console.log(`Ann's PIN, told this once: ${pin}`);

const receipt = await shop.charge({ type: 'pin', pin }, 'job 1', { pages: 12 });
console.log(`printed 12 pages, ${receipt.lines[0]?.balanceAfter} left`);
try {
  await shop.charge({ type: 'pin', pin }, 'job 2', { pages: 1 });
} catch (error) {
  if (!(error instanceof RefusedError)) throw error;
  console.log(`refused: ${error.code}`);
}
await shop.close();
