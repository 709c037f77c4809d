// What the declarations allow, and what they must not.
import { RefusedError, TympanError, Tympan, may } from 'tympan';
import type { AccountId, Capabilities, GroupId, PlanInput, Receipt, UserId, UserReference, WalletName } from 'tympan';

const keys: string = Tympan.newKeys();
const tympan: Tympan = await Tympan.open('memory:', { durability: 'normal', clock: new Date(0), keys });
const rows: bigint = (await tympan.copyTo('sqlite:copy.db', { keys })).rows;
const made = await tympan.bootstrap('Shop', 'EUR', 'Ann', { username: 'ann', email: null });
const user: UserId = made.administrator;
const plan: PlanInput = { measure: 'total_pages', amount: 5n, schedule: 'monthly' };
const profile = tympan.createProfileSync('Pages', { plans: [plan] });
await tympan.editProfile(profile.id, { plans: [{ type: 'edit', plan: profile.addedPlans[0]!, terms: plan }] });

const references: UserReference[] = [user, { type: 'id', id: user }, { type: 'username', username: 'ann' }];
const receipts: Receipt[] = await Promise.all(references.map((reference) => tympan.charge(reference, 'key', {})));
const cost: bigint | null | undefined = receipts[0]?.costMicros;
const signal = new AbortController().signal;
await tympan.charge(user, 'key', { pages: 1, twoSided: true }, { queue: undefined, attempt: 2, signal });
await tympan.account('acc_1' as AccountId, { signal });

const snapshot: Capabilities = await tympan.capabilities(user);
const permitted: boolean = may(snapshot, 'user.read') && may(snapshot, 'user.read', 'acc_1' as AccountId);
for await (const { name, email } of tympan.usersAll({ limit: 10 })) name.concat(email ?? '');
for await (const line of tympan.statementAll(user, { type: 'own_funds', currency: 'EUR' })) line.balanceAfter + 1n;

function named(wallet: WalletName): string {
  return wallet.type === 'own_funds' ? wallet.currency : wallet.plan;
}

try {
  tympan.usersSync();
} catch (error) {
  if (error instanceof RefusedError && error.code === 'allowance_exhausted') error.details['needed']?.concat();
  if (error instanceof TympanError && error.retry) throw error;
  // @ts-expect-error a refusal is never for want of a store
  if (error instanceof RefusedError && error.code === 'store_missing') throw error;
}

// @ts-expect-error a group is no user
await tympan.capabilities('grp_1' as GroupId);
// @ts-expect-error any text is no id
await tympan.capabilities('usr_1');
// @ts-expect-error amounts are bigint
await tympan.adjust(user, { type: 'own_funds', currency: 'EUR' }, 5, 'why', 'key');
// @ts-expect-error no such word
await Tympan.open('memory:', { durability: 'quick' });
// @ts-expect-error no such option
await tympan.users({ search: 'a', page: 2 });
// @ts-expect-error a wallet by currency has no plan
const wallet: WalletName = { type: 'own_funds', plan: profile.addedPlans[0] };
// @ts-expect-error the library makes handles
new Tympan();
// @ts-expect-error results are whole: `null`, not `undefined`
const absent: bigint | undefined = receipts[0]!.costMicros;

{
  using handle = await Tympan.open('memory:');
  await using another = await Tympan.open('memory:');
  await handle.close();
  another.closeSync();
}

export { absent, cost, named, permitted, rows, wallet };
