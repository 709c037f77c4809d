// The goals of the Node binding, beside what others take for the same: `goal, ours, yardstick, ratio [min–max], bound, kept
// or MISSED`, each the median of interleaved rounds; it fails if one is missed. Build the addon with `--release` first, then, in this folder:
//
//   npm install && node goals.mjs
//
// What a charge takes in Rust alone is asked of `cargo bench --bench native`, in each round.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AbilityBuilder, createMongoAbility } from '@casl/ability';
import Database from 'better-sqlite3';
import { Tympan, may } from 'tympan';

const ROUNDS = 7;

/** What Rust alone takes for the same, in a process of its own. */
function native(kind, calls) {
  const command = ['bench', '--quiet', '--bench', 'native', '--', kind, '--calls', String(calls)];
  return JSON.parse(execFileSync('cargo', command, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] })).wall_ns;
}

const folder = mkdtempSync(join(tmpdir(), 'tympan-goals-'));
let last = 0;

/** Users with more pages than any round prints. */
async function shop(address, options = {}) {
  const tympan = await Tympan.open(address, options);
  await tympan.bootstrap('Shop', 'EUR', 'Ann');
  const plan = { measure: 'total_pages', amount: 10n ** 12n, schedule: 'never' };
  const { id: profile } = await tympan.createProfile('Pages', { plans: [plan] });
  const users = [];
  for (let number = 0; number < 1000; number += 1) users.push((await tympan.createUser(`User ${number}`, { profile })).user.id);
  const charge = () => tympan.chargeSync(users[++last % users.length], `job ${last}`, { pages: 3 });
  const chargeLater = () => tympan.charge(users[++last % users.length], `job ${last}`, { pages: 3 });
  return { tympan, users, charge, chargeLater };
}

/** The two statements that a charge is at least, with a unique key. */
function bare(path) {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.exec('CREATE TABLE wallet (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL) STRICT');
  database.exec('CREATE TABLE entry (key TEXT PRIMARY KEY, wallet INTEGER NOT NULL, amount INTEGER NOT NULL) STRICT');
  for (let id = 0; id < 1000; id += 1) database.prepare('INSERT INTO wallet VALUES (?, 1000000000000)').run(id);
  const take = database.prepare('UPDATE wallet SET balance = balance - ? WHERE id = ? AND balance >= ?');
  const note = database.prepare('INSERT INTO entry VALUES (?, ?, ?)');
  return database.transaction(() => {
    last += 1;
    take.run(3, last % 1000, 3);
    note.run(`job ${last}`, last % 1000, -3);
  }).immediate;
}

/** Nanoseconds that a call takes, of so many. */
function each(times, call) {
  const began = process.hrtime.bigint();
  for (let time = 0; time < times; time += 1) call(time);
  return Number(process.hrtime.bigint() - began) / times;
}

const atMost = (bound) => ({ told: `at most ${bound}`, keeps: (figure) => figure <= bound });
const atLeast = (bound) => ({ told: `at least ${bound}`, keeps: (figure) => figure >= bound });

/** Compares in interleaved rounds; the first only warms up. A goal that is missed makes the program fail. */
async function goal(name, bound, ours, yardstick, ratio = (one, other) => one / other) {
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) rounds.push([await ours(), await yardstick()]);
  rounds.shift();
  const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
  const ratios = rounds.map(([one, other]) => ratio(one, other));
  const figures = [median(rounds.map(([one]) => one)), median(rounds.map(([, other]) => other))].map((figure) => figure.toFixed(0));
  const isKept = bound.keeps(median(ratios));
  if (!isKept) process.exitCode = 1;
  const spread = `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}]`;
  console.log(`${name}, ${figures.join(' ns, ')} ns, ${spread}, ${bound.told}, ${isKept ? 'kept' : 'MISSED'}`);
}

const memory = await shop('memory:');
const extra = (one, other) => one - other;
await goal('charge in memory less native, ns', atMost(1200), () => each(20_000, memory.charge), () => native('memory', 20_000), extra);

const file = await shop(`sqlite:${join(folder, 'ours.db')}`, { durability: 'normal' });
const statements = bare(join(folder, 'theirs.db'));
await goal('rate on SQLite NORMAL beside better-sqlite3', atLeast(0.7), () => each(3000, file.charge), () => each(3000, statements), (one, other) => other / one);

async function promises() {
  const began = process.hrtime.bigint();
  await Promise.all(Array.from({ length: 1000 }, file.chargeLater));
  return Number(process.hrtime.bigint() - began) / 1000;
}
const jobs = (store) => Array.from({ length: 1000 }, () => ({ user: store.users[++last % 1000], key: `job ${last}`, usage: { pages: 3 } }));
await goal('1000 promises beside one batch', atMost(1.05), promises, () => each(1, () => file.tympan.chargeAllSync(jobs(file))) / 1000);

const batch = (store) => () => each(10, () => store.tympan.chargeAllSync(jobs(store))) / 1000;
await goal('1000 in one call on SQLite NORMAL beside native', atMost(1.3), batch(file), () => native('sqlite-batch', 10_000));
await goal('1000 in one call in memory less native, ns', atMost(500), batch(memory), () => native('memory-batch', 10_000), extra);

const account = await memory.tympan.createAccount('Books');
const role = await memory.tympan.createRole('Desk', { permissions: ['user.read', 'allowance.read', 'audit.read'] });
await memory.tympan.editUser(memory.users[0], { set: { role } });
const snapshot = await memory.tympan.capabilities(memory.users[0]);
const { can, build } = new AbilityBuilder(createMongoAbility);
for (const permission of snapshot.everywhere) can('use', permission);
const ability = build();
const asked = ['user.read', 'report.read', 'audit.read', 'user.administer'];
let yes = 0;
await goal(
  'a question to a snapshot beside @casl/ability',
  atMost(3),
  () => each(1_000_000, (time) => (yes += may(snapshot, asked[time & 3], account) ? 1 : 0)),
  () => each(1_000_000, (time) => (yes += ability.can('use', asked[time & 3]) ? 1 : 0)),
);

await memory.tympan.close();
await file.tympan.close();
rmSync(folder, { recursive: true });
