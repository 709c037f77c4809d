// A user with a PIN and ten pages a month: two jobs are charged, the third is refused.
//
//   node first-steps.mjs [sqlite:shop.db]
import { RefusedError, Tympan } from 'tympan';

const tympan = await Tympan.open(process.argv[2] ?? 'memory:');
try {
  await tympan.bootstrap('Copy shop', 'EUR', 'Ann', { username: 'ann' });
  const plan = /** @type {const} */ ({ measure: 'total_pages', amount: 10n, schedule: 'monthly' });
  const { id: profile } = await tympan.createProfile('Ten pages', { plans: [plan] });

  const { user: bob } = await tympan.createUser('Bob', { username: 'bob', profile });
  const { identities } = await tympan.addIdentity(bob.id, { kind: 'pin', alone: true });
  const pin = identities[0]?.value ?? '';
  console.log(`Bob's PIN, told this once: ${pin}`);

  for (const [job, pages] of Object.entries({ letter: 4, poster: 6, book: 1 })) {
    // The key makes it safe to send a job again: it is charged once.
    const receipt = await tympan.charge({ type: 'pin', pin }, job, { pages });
    console.log(`${job}: ${pages} pages, ${receipt.lines[0]?.balanceAfter} left`);
  }
} catch (error) {
  if (!(error instanceof RefusedError) || error.code !== 'allowance_exhausted') throw error;
  console.log(`refused: ${error.message}`);
} finally {
  tympan.close();
}
