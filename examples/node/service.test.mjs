// The service as its callers see it, on loopback.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { Tympan } from 'tympan';

import { start } from './service.mjs';

/** Starts it, and gives what calls it: status and body. */
async function service(test, store = 'memory:') {
  const { address, close } = await start(store);
  test.after(close);
  const call = async (path, body) => {
    const json = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`, { method: 'POST', body: json });
    return [response.status, await response.json()];
  };
  return { call, close };
}

test('a user is made, signs in, prints, and is refused at zero', async (test) => {
  const { call } = await service(test);
  const [status, { pin }] = await call('/users', { name: 'Bob', username: 'bob' });
  assert.equal(status, 201);
  const [found, { name, wallets }] = await call('/sign-in', { pin });
  assert.deepEqual([found, name, wallets[0].balance], [200, 'Bob', '10']);
  const [printed, receipt] = await call('/jobs', { pin, key: '1', pages: 9 });
  assert.deepEqual([printed, receipt.lines[0].balanceAfter], [201, '1']);
  assert.deepEqual(await call('/jobs', { pin, key: '1', pages: 9 }), [201, receipt]);
  const [refused, { error }] = await call('/jobs', { pin, key: '2', pages: 2 });
  assert.deepEqual([refused, error], [402, 'allowance_exhausted']);
});

test('bad requests are answered, and harm nobody', async (test) => {
  const { call } = await service(test);
  const [, { pin }] = await call('/users', { name: 'Bob', username: 'bob' });
  const bad = [
    ['/users', { name: 'Eve', username: 'BOB' }, 409],
    ['/users', { name: 5, username: 'eve' }, 400],
    ['/users', 'no json', 400],
    ['/users', 'null', 400],
    ['/users', { name: 'x'.repeat(20_000), username: 'x' }, 400],
    ['/sign-in', { pin: '0' }, 401],
    ['/jobs', { pin, key: '1', pages: 1.5 }, 400],
    ['/jobs', { pin, key: '1', pages: '1' }, 400],
    ['/jobs', { pin, key: '', pages: 1 }, 400],
    ['/jobs', { pin, key: '1', pages: -1 }, 400],
    ['/elsewhere', {}, 404],
  ];
  for (const [path, body, expected] of bad) {
    const [status, answer] = await call(path, body);
    assert.equal(status, expected, `${path} ${JSON.stringify(body).slice(0, 80)} ${JSON.stringify(answer)}`);
  }
  const [, { wallets }] = await call('/sign-in', { pin });
  assert.equal(wallets[0].balance, '10');
});

test('a start that ended half way is taken up again', async (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-service-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = `sqlite:${join(folder, 'shop.db')}`;
  const tympan = await Tympan.open(store);
  await tympan.bootstrap('Copy shop', 'EUR', 'Ann', { username: 'ann' });
  await tympan.close();
  const { call } = await service(test, store);
  const [, { pin }] = await call('/users', { name: 'Bob', username: 'bob' });
  const [, { wallets }] = await call('/sign-in', { pin });
  assert.equal(wallets[0].balance, '10');
});

test('what was answered is there after a restart', async (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-service-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = `sqlite:${join(folder, 'shop.db')}`;
  const before = await service(test, store);
  const [, { pin }] = await before.call('/users', { name: 'Bob', username: 'bob' });
  const jobs = await Promise.all(Array.from({ length: 10 }, (_, key) => before.call('/jobs', { pin, key: `${key}`, pages: 1 })));
  assert.deepEqual(jobs.map(([status]) => status), Array(10).fill(201));
  await before.close();
  const after = await service(test, store);
  const [, { wallets }] = await after.call('/sign-in', { pin });
  assert.equal(wallets[0].balance, '0');
});
