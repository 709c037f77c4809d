// The library as hosts use it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';

import * as library from '../index.js';
import { folder, lock, shop } from './stores.mjs';

const { InvalidError, RefusedError, StorageError, Tympan, TympanError, may } = library;
const { DATABASE_URL: postgres } = process.env;
const home = fileURLToPath(new URL('../index.cjs', import.meta.url));

test('both kinds of modules give the same classes', async () => {
  const required = createRequire(import.meta.url)('../index.cjs');
  assert.deepEqual(Object.keys(library).sort(), Object.keys(required).sort());
  for (const [name, value] of Object.entries(required)) assert.equal(library[name], value, name);
});

test('a machine that nothing was built for is told so', (test) => {
  const place = join(folder(test), 'native.cjs');
  copyFileSync(new URL('../native.cjs', import.meta.url), place);
  const told = ({ code, message, cause }) => code === 'ERR_TYMPAN_PLATFORM' && message.includes(process.arch) && cause.code === 'MODULE_NOT_FOUND';
  assert.throws(() => createRequire(import.meta.url)(place), told);
});

test('a job is charged, counted, and refused at zero', async (test) => {
  const { tympan, bob } = await shop(test);
  const receipt = await tympan.charge(bob.id, 'job 1', { pages: 99 });
  assert.equal(receipt.lines[0].balanceAfter, 1n);
  assert.deepEqual(await tympan.charge(bob.id, 'job 1', { pages: 99 }), receipt, 'the same key charges once');
  const refusal = await tympan.charge({ type: 'username', username: 'BOB' }, 'job 2', { pages: 2 }).catch((error) => error);
  assert.ok(refusal instanceof RefusedError);
  assert.equal(refusal.code, 'allowance_exhausted');
  assert.equal(refusal.retry, false);
  assert.equal(refusal.details.measure, 'total_pages');
  const jobs = [{ user: bob.id, key: 'a', usage: { pages: 1 } }, { user: bob.id, key: 'b', usage: { pages: 1 } }];
  const [first, second] = tympan.chargeAllSync(jobs);
  assert.equal(first.receipt.attempt, 1);
  assert.equal(first.refused, null);
  assert.equal(second.receipt, null);
  assert.ok(second.refused instanceof RefusedError);
});

test('commands are decided in the order in which they were made', async (test) => {
  const { tympan, bob } = await shop(test);
  const jobs = Array.from({ length: 100 }, (_, number) => tympan.charge(bob.id, `job ${number}`, { pages: 1 }));
  const left = (await Promise.all(jobs)).map((receipt) => receipt.lines[0].balanceAfter);
  assert.deepEqual(left, Array.from({ length: 100 }, (_, number) => BigInt(99 - number)));
});

test('an actor may what the actor may', async (test) => {
  const { tympan, bob } = await shop(test);
  const his = tympan.asUser(bob.id);
  assert.ok(his instanceof Tympan);
  await assert.rejects(() => his.createUser('Eve'), { code: 'denied', kind: 'denied' });
  assert.throws(() => tympan.asUser('usr_nobody'), InvalidError);
});

test('a snapshot of capabilities answers as the store does', async (test) => {
  const { tympan, shop: made, bob } = await shop(test);
  const account = await tympan.createAccount('Books');
  const other = await tympan.createAccount('Posters');
  const role = await tympan.createRole('Desk', { permissions: ['user.read', 'allowance.read'] });
  await tympan.editUser(bob.id, { roleRows: [{ type: 'add', roleRow: { role, accounts: [account] } }] });
  for (const user of [bob.id, made.administrator]) {
    const snapshot = await tympan.capabilities(user);
    assert.equal(typeof snapshot.version, 'number');
    for (const permission of ['user.read', 'allowance.read', 'audit.read', 'constructor']) {
      for (const over of [undefined, null, account, other]) {
        const expected = permission === 'constructor' ? false : await tympan.may(user, permission, over);
        assert.equal(may(snapshot, permission, over), expected, `${user} ${permission} ${over}`);
      }
    }
  }
});

test('all users, however many to a page', async (test) => {
  const { tympan } = await shop(test);
  for (let number = 0; number < 7; number += 1) await tympan.createUser(`User ${number}`);
  for (const limit of [1, 3, 9, undefined]) {
    const names = [];
    for await (const { name } of tympan.usersAll({ limit })) names.push(name);
    assert.equal(names.length, 9);
    assert.deepEqual(names, [...names].sort());
  }
});

test('drawn PINs are told once and not shown', async (test) => {
  const { tympan, bob } = await shop(test);
  const { identities: [pin], ...rest } = await tympan.addIdentity(bob.id, { kind: 'pin', alone: true });
  assert.match(pin.value, /^[0-9]+$/);
  assert.ok(!inspect({ pin, rest }, { depth: 9 }).includes(pin.value));
  assert.equal((await tympan.lookUp({ type: 'pin', pin: pin.value })).id, bob.id);
});

test('a closed store refuses, and answers what was under way', async (test) => {
  const { tympan, bob } = await shop(test);
  const his = tympan.asUser(bob.id);
  const under_way = [tympan.users(), tympan.charge(bob.id, 'last', { pages: 1 })];
  const closing = Promise.all([tympan.close(), tympan.close()]);
  const [users, receipt] = await Promise.all(under_way);
  assert.equal(users.rows.length, 2);
  assert.equal(receipt.verb, 'charge');
  const closed = (error) => error instanceof StorageError && error.code === 'closed';
  await assert.rejects(() => tympan.users(), closed);
  assert.throws(() => tympan.usersSync(), closed);
  assert.throws(() => tympan.asUser(bob.id), closed);
  await assert.rejects(() => his.settings(), closed);
  await closing;
  tympan.closeSync();
});

test('whoever awaits the close finds the file closed', async (test) => {
  for (const way of ['close', 'closeSync', Symbol.asyncDispose]) {
    if (way === undefined) continue;
    const path = join(folder(test), 'shop.db');
    const tympan = await Tympan.open(`sqlite:${path}`);
    tympan.bootstrapSync('Shop', 'EUR', 'Ann');
    assert.ok(existsSync(`${path}-wal`));
    await tympan[way]();
    assert.ok(!existsSync(`${path}-wal`), String(way));
  }
});

test('a call that has to ask a server first leaves the event loop free', { skip: !postgres && 'there is no server' }, async (test) => {
  // The way to the server leads through this event loop: where a call held it, nothing would arrive.
  const { hostname, port } = new URL(postgres);
  const proxy = createServer((from) => {
    const to = connect(Number(port), hostname);
    for (const [one, other] of [[from, to], [to, from]]) one.pipe(other).on('error', () => one.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  test.after(() => proxy.close());
  const through = Object.assign(new URL(postgres), { port: String(proxy.address().port) });
  const schema = `event_loop_${process.pid}`;
  const tympan = await Tympan.open(String(through), { schema, keys: Tympan.newKeys(), deadlineMs: 10_000 });
  test.after(() => tympan.close());
  // Nothing is known of the tenant, and it is not there.
  await assert.rejects(() => tympan.createUser('Bob'), { code: 'unknown_tenant' });
});

test('a handle is disposed of at the end of a block', { skip: !Symbol.dispose && 'this Node has no such symbol' }, async () => {
  const tympan = await Tympan.open('memory:');
  tympan[Symbol.dispose]();
  assert.throws(() => tympan.settingsSync(), { code: 'closed' });
  const another = await Tympan.open('memory:');
  await another[Symbol.asyncDispose]();
  assert.throws(() => another.settingsSync(), { code: 'closed' });
});

test('what a signal cut short is found out by its key', async (test) => {
  const { tympan, bob } = await shop(test, `sqlite:${join(folder(test), 'shop.db')}`);
  const controller = new AbortController();
  const job = tympan.charge(bob.id, 'cut', { pages: 10 }, { signal: controller.signal });
  controller.abort();
  await assert.rejects(job, { name: 'AbortError' });
  const receipt = await tympan.charge(bob.id, 'cut', { pages: 10 });
  assert.equal(receipt.lines[0].balanceAfter, 90n);
  const { rows } = await tympan.statement(bob.id, { type: 'allowance', plan: receipt.lines[0].wallet.plan });
  assert.equal(rows.filter(({ verb }) => verb === 'charge').length, 1);
});

test('who finds the queue full waits for room, and is told that it is busy when the deadline passes', async (test) => {
  const path = join(folder(test), 'shop.db');
  const { bob } = await shop(test, `sqlite:${path}`);
  const [hurried, patient] = await Promise.all([{ queueLimit: 1, deadlineMs: 200 }, { queueLimit: 1 }].map((options) => Tympan.open(`sqlite:${path}`, options)));
  test.after(() => Promise.all([hurried, patient].map((tympan) => tympan.close())));
  const eight = (tympan) => Array.from({ length: 8 }, (_, number) => tympan.charge(bob.id, `job ${number}`, { pages: 1 }));
  const left = async () => (await patient.userDetails(bob.id)).wallets[0].available;
  const release = await lock(test, path);
  const refusals = (await Promise.allSettled(eight(hurried))).map(({ reason }) => reason);
  for (const refusal of refusals) assert.ok(refusal instanceof StorageError && refusal.retry, refusal);
  assert.ok(refusals.filter(({ code }) => code === 'busy').length >= 3);
  assert.equal(await left(), 100n);
  // With time enough there is room for everybody, one after the other.
  const charges = eight(patient);
  await release();
  assert.equal((await Promise.all(charges)).length, 8);
  assert.equal(await left(), 92n);
});

test('fresh keys open a store, and its copy', async (test) => {
  const [keys, others] = [Tympan.newKeys(), Tympan.newKeys()];
  assert.match(keys, /^tympan keys 1\nkey 1 [0-9a-f]{64}\nactive 1\n?$/);
  assert.notEqual(keys, others);
  const { tympan } = await shop(test, 'memory:', { keys });
  const shelf = folder(test);
  const place = (name) => `sqlite:${join(shelf, name)}`;
  const copied = await tympan.copyTo(place('copy.db'), { keys });
  assert.ok(copied.rows > 0n && copied.found === 0n);
  await assert.rejects(() => tympan.copyTo(place('other.db'), { keys: others }), { code: 'store_keys' });
  const copy = await Tympan.open(place('copy.db'), { keys });
  test.after(() => copy.close());
  assert.equal((await copy.users()).rows.length, 2);
  await assert.rejects(() => Tympan.open(place('copy.db'), { keys: others }), { code: 'store_keys' });
});

test('a backup is checked and put back with its keys', async (test) => {
  const shelf = folder(test);
  const [backup, back] = [join(shelf, 'backup.db'), join(shelf, 'back.db')];
  const passphrase = 'a ream of paper, an inch of ink';
  const { tympan } = await shop(test, `sqlite:${join(shelf, 'shop.db')}`);
  await tympan.backupTo(backup);
  const sealed = await tympan.sealKeys(passphrase);
  await assert.rejects(() => tympan.sealKeys('too short'), { code: 'invalid_value' });
  await assert.rejects(() => Tympan.unsealKeys(sealed, `${passphrase}!`), { code: 'invalid_value' });
  const keys = await Tympan.unsealKeys(sealed, passphrase);
  assert.equal(Tympan.unsealKeysSync(sealed, passphrase), keys);
  assert.equal((await Tympan.verifyBackup(backup, keys)).faultCount, 0n);
  assert.equal((await Tympan.restore(backup, back, keys)).users, 2n);
  await assert.rejects(() => Tympan.restore(backup, back, keys), { code: 'invalid_value' });
  await assert.rejects(() => Tympan.verifyBackup(backup, Tympan.newKeys()), { code: 'store_keys' });
  const restored = await Tympan.open(`sqlite:${back}`, { keys });
  test.after(() => restored.close());
  assert.equal((await restored.users()).rows.length, 2);
});

test('text of ten megabytes is refused, not cut', async (test) => {
  const { tympan } = await shop(test);
  await assert.rejects(() => tympan.createUser('x'.repeat(10 * 2 ** 20)), { code: 'text_too_long', kind: 'invalid' });
});

test('a worker has a library of its own, on the same file', async (test) => {
  const address = `sqlite:${join(folder(test), 'shop.db')}`;
  const { tympan, bob } = await shop(test, address);
  const work = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Tympan, TympanError } = require(workerData.home);
    (async () => {
      const tympan = await Tympan.open(workerData.address);
      const receipt = await tympan.charge(workerData.user, 'from a worker', { pages: 1 });
      const refusal = await tympan.charge('usr_x', 'k', {}).catch((error) => error);
      parentPort.postMessage({ left: receipt.lines[0].balanceAfter, refused: refusal instanceof TympanError });
    })();`;
  const workers = Array.from({ length: 4 }, () => new Worker(work, { eval: true, workerData: { home, address, user: bob.id } }));
  const answers = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))));
  assert.deepEqual(answers, Array(4).fill({ left: 99n, refused: true }));
  await Promise.all(workers.map((worker) => worker.terminate()));
  assert.equal((await tympan.users()).rows.length, 2);
});

test('a worker that is ended with calls under way harms nobody', async (test) => {
  const { tympan } = await shop(test);
  const work = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Tympan } = require(workerData.home);
    (async () => {
      const tympan = await Tympan.open('memory:');
      await tympan.bootstrap('Shop', 'EUR', 'Ann');
      const users = () => tympan.users().finally(users);
      for (let number = 0; number < 50; number += 1) users();
      parentPort.postMessage('busy');
    })();`;
  for (let round = 0; round < 5; round += 1) {
    const worker = new Worker(work, { eval: true, workerData: { home } });
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
  assert.equal((await tympan.users()).rows.length, 2);
});

/** Runs a program of its own, in which `tympan` is open and `bob` is a user. */
function program(address, text) {
  const begun = `
    const { Tympan } = require(${JSON.stringify(home)});
    (async () => {
      const tympan = await Tympan.open(${JSON.stringify(address)});
      ${text}
    })();`;
  return spawnSync(process.execPath, ['-e', begun], { encoding: 'utf8', timeout: 60_000 });
}

test('a process ends by itself when nothing is under way, closed or not', (test) => {
  for (const text of ['', 'tympan.close();', 'tympan.closeSync();', "await tympan.bootstrap('Shop', 'EUR', 'Ann');"]) {
    const { status, signal, stderr } = program('memory:', text);
    assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  }
});

test('a process waits for what is under way, and what was answered stays', async (test) => {
  const address = `sqlite:${join(folder(test), 'shop.db')}`;
  const waits = program(address, "tympan.bootstrap('Shop', 'EUR', 'Ann').then(() => process.stdout.write('made'));");
  assert.deepEqual([waits.status, waits.stdout, waits.stderr], [0, 'made', '']);
  const leaves = program(address, "await tympan.createUser('Bob', { username: 'bob' }); for (let n = 0; n < 50; n += 1) tympan.users(); process.exit(3);");
  assert.deepEqual([leaves.status, leaves.stderr], [3, '']);
  const tympan = await Tympan.open(address);
  test.after(() => tympan.close());
  assert.equal((await tympan.lookUp({ type: 'username', username: 'bob' })).name, 'Bob');
});

test('an interrupt ends a process with calls under way', async (test) => {
  const text = "const users = () => tympan.users().finally(users); await tympan.bootstrap('Shop', 'EUR', 'Ann'); users(); setImmediate(() => process.kill(process.pid, 'SIGINT'));";
  const { signal, stderr } = program('memory:', text);
  assert.deepEqual({ signal, stderr }, { signal: 'SIGINT', stderr: '' });
});

test('an interrupt ends a process that waits for a file, and the key tells what became of its call', async (test) => {
  const path = join(folder(test), 'shop.db');
  const { tympan, bob } = await shop(test, `sqlite:${path}`);
  const text = `
    const { Tympan } = require(${JSON.stringify(home)});
    (async () => {
      const tympan = await Tympan.open(${JSON.stringify(`sqlite:${path}`)});
      process.stdout.write('opened');
      process.stdin.once('data', () => {
        tympan.charge(${JSON.stringify(bob.id)}, 'job', { pages: 1 });
        process.stdout.write('waits');
      });
    })();`;
  const child = spawn(process.execPath, ['-e', text], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 60_000 });
  const ended = once(child, 'exit');
  assert.equal(`${await once(child.stdout, 'data')}`, 'opened');
  const release = await lock(test, path);
  child.stdin.write('go on');
  assert.equal(`${await once(child.stdout, 'data')}`, 'waits');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
  await release();
  const receipt = await tympan.charge(bob.id, 'job', { pages: 1 });
  assert.equal(receipt.lines[0].balanceAfter, 99n);
});

test('what cannot be opened says why', async (test) => {
  await assert.rejects(() => Tympan.open('ftp://somewhere'), { code: 'invalid_value' });
  await assert.rejects(() => Tympan.open(`sqlite:${join(folder(test), 'none', 'shop.db')}`), TympanError);
  await assert.rejects(() => Tympan.open(), { name: 'TypeError', message: '`address` must be a string' });
  assert.throws(() => Tympan.openSync('memory:', { clock: new Date(NaN) }), RangeError);
  assert.throws(() => Tympan.openSync('memory:').lookUpSync(1), { name: 'TypeError', message: '`user` must be an id or an object' });
});
