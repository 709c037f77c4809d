// Every type and every way to answer, passed through and back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';

import { InternalError, RefusedError, StorageError, TympanError } from '../index.js';
import probes from './probe.cjs';

const { Probe } = probes;
const everything = {
  flag: true,
  count: -(2 ** 31),
  amount: -(2n ** 63n),
  text: 'grün, 漢字, 🖨️',
  secret: '4711',
  bytes: new Uint8Array([0, 1, 255]),
  at: new Date('9999-12-31T23:59:59.999Z'),
  user: 'usr_0000000000001',
  colour: 'full_colour',
  shape: { type: 'sized', size: 2n ** 63n - 1n, owner: 'usr_0000000000002' },
  maybe: null,
  list: ['', 'b'],
  map: { ['__proto__']: 1n, 'größe': 2n, 'a\0b': 3n },
  children: [{ name: 'x', nickName: null }],
};

const probe = await Probe.start('a probe');

test('everything comes back as it went', async () => {
  assert.deepEqual(await probe.everything(everything), everything);
  assert.deepEqual(probe.everythingSync(everything), everything);
  assert.equal(probe.name(), 'a probe');
});

test('what may be left out is none, empty or false', async () => {
  const { maybe, list, map, children, flag, ...required } = everything;
  const expected = { ...required, flag: false, maybe: null, list: [], map: {}, children: [] };
  assert.deepEqual(await probe.everything(required), expected);
  assert.deepEqual(await probe.everything({ ...required, list: undefined, map: null }), expected);
  assert.equal(await probe.options('x'), 'x loud=false times=none words=');
  assert.equal(await probe.options('x', null), 'x loud=false times=none words=');
  assert.equal(await probe.options('x', { loud: true, times: 3, words: ['a', 'b'] }), 'x loud=true times=3 words=a,b');
});

test('extremes are exact', async () => {
  for (const count of [0, -0, 2 ** 31 - 1, -(2 ** 31)]) assert.equal(await probe.count(count), count + 0);
  for (const amount of [0n, 2n ** 63n - 1n, -(2n ** 63n), null]) assert.equal(await probe.amount(amount), amount);
  assert.equal(await probe.amount(), null);
  for (const text of ['', '\0', '🖨', '\ufffd', 'x'.repeat(10 * 2 ** 20), '漢'.repeat(2 ** 20)]) assert.equal(await probe.text(text), text);
  for (const bytes of [new Uint8Array(), Buffer.from('x'), new Uint8Array([1, 2, 3]).subarray(1)]) {
    assert.deepEqual([...(await probe.bytes(bytes))], [...bytes]);
  }
  for (const at of [new Date(0), new Date('9999-12-31T23:59:59.999Z')]) assert.deepEqual(await probe.instant(at), at);
  for (const shape of [{ type: 'nothing' }, { type: 'named', name: '' }, { type: 'sized', size: 1n, owner: null }]) {
    assert.deepEqual(await probe.shape(shape), shape);
  }
});

test('what would lose something is refused, by name', async () => {
  const refusals = [
    ['count', [1.5], RangeError, '`count` must be an integer from -2^31 to 2^31 - 1'],
    ['count', [NaN], RangeError, '`count` must be an integer from -2^31 to 2^31 - 1'],
    ['count', [Infinity], RangeError, '`count` must be an integer from -2^31 to 2^31 - 1'],
    ['count', [2 ** 31], RangeError, '`count` must be an integer from -2^31 to 2^31 - 1'],
    ['count', ['1'], TypeError, '`count` must be a number'],
    ['count', [1n], TypeError, '`count` must be a number'],
    ['count', [], TypeError, '`count` must be a number'],
    ['amount', [2n ** 63n], RangeError, '`amount` must be from -2^63 to 2^63 - 1'],
    ['amount', [-(2n ** 63n) - 1n], RangeError, '`amount` must be from -2^63 to 2^63 - 1'],
    ['amount', [2n ** 64n], RangeError, '`amount` must be from -2^63 to 2^63 - 1'],
    ['amount', [1], TypeError, '`amount` must be a bigint'],
    ['text', ['\ud83d'], TypeError, '`text` must be well-formed Unicode, without lone surrogates'],
    ['text', ['a\udda8b'], TypeError, '`text` must be well-formed Unicode, without lone surrogates'],
    ['text', [null], TypeError, '`text` must be a string'],
    ['text', [{ toString: () => 'x' }], TypeError, '`text` must be a string'],
    ['bytes', [[1, 2]], TypeError, '`bytes` must be a Uint8Array'],
    ['bytes', [new Uint16Array(1)], TypeError, '`bytes` must be a Uint8Array'],
    ['bytes', ['x'], TypeError, '`bytes` must be a Uint8Array'],
    ['instant', [new Date(NaN)], RangeError, '`at` must be a valid Date from 1970 to 9999'],
    ['instant', [new Date(-1)], RangeError, '`at` must be a valid Date from 1970 to 9999'],
    ['instant', [new Date('+010000-01-01T00:00:00Z')], RangeError, '`at` must be a valid Date from 1970 to 9999'],
    ['instant', [0], TypeError, '`at` must be a Date'],
    ['shape', [{ type: 'round' }], TypeError, "`shape.type` must be one of 'nothing', 'named', 'sized'"],
    ['shape', [{ type: 'sized' }], TypeError, '`shape.size` must be a bigint'],
    ['shape', ['nothing'], TypeError, '`shape` must be an object'],
    ['everything', [{ ...everything, colour: 'red' }], TypeError, "`everything.colour` must be one of 'mono', 'full_colour'"],
    ['everything', [{ ...everything, flag: 1 }], TypeError, '`everything.flag` must be a boolean'],
    ['everything', [{ ...everything, list: ['a', 1] }], TypeError, '`everything.list[1]` must be a string'],
    ['everything', [{ ...everything, list: 'ab' }], TypeError, '`everything.list` must be an array'],
    ['everything', [{ ...everything, map: { a: 1n, b: 2 } }], TypeError, '`everything.map.b` must be a bigint'],
    ['everything', [{ ...everything, map: { '\ud800': 1n } }], TypeError, undefined],
    ['everything', [{ ...everything, children: [{ name: 'x', nickName: 5 }] }], TypeError, '`everything.children[0].nickName` must be a string'],
    ['everything', [[]], TypeError, '`everything` must be an object'],
    ['everything', [undefined], TypeError, '`everything` must be an object'],
    ['options', ['x', 'loud'], TypeError, '`options` must be an object'],
    ['options', ['x', { times: 0.1 }], RangeError, '`options.times` must be an integer from -2^31 to 2^31 - 1'],
  ];
  for (const [method, values, kind, message] of refusals) {
    const check = (error) => error.constructor === kind && (message === undefined || error.message === message);
    assert.throws(() => probe[`${method}Sync`](...values), check, `${method} ${message}`);
    await assert.rejects(() => probe[method](...values), check, `${method} ${message}`);
  }
});

test('what a property throws is thrown', async () => {
  const child = { get name() { throw new EvalError('mine'); } };
  assert.throws(() => probe.everythingSync({ ...everything, children: [child] }), EvalError);
  await assert.rejects(() => probe.everything({ ...everything, children: [child] }), EvalError);
});

test('a bare id of another kind is an error of tympan', () => {
  assert.throws(() => probe.everythingSync({ ...everything, user: 'grp_0000000000001' }), { code: 'invalid_id', kind: 'invalid' });
});

test('secrets are given, and not shown', async () => {
  const given = await probe.everything(everything);
  assert.equal(given.secret, '4711');
  assert.doesNotMatch(inspect(given), /4711/);
  assert.doesNotMatch(inspect([given], { compact: false }), /4711/);
});

test('errors have code, kind, retry, message and details', async () => {
  const refused = await probe.refuse('allowance_exhausted', { needed: '5' }).catch((error) => error);
  assert.ok(refused instanceof RefusedError && refused instanceof TympanError && refused instanceof Error);
  const { name, code, kind, retry, details } = refused;
  assert.deepEqual({ name, code, kind, retry, details }, { name: 'RefusedError', code: 'allowance_exhausted', kind: 'refused', retry: false, details: { needed: '5' } });
  assert.match(refused.stack, /^RefusedError: /);
  assert.throws(() => probe.refuseSync('busy', {}), { kind: 'storage', code: 'busy', retry: true });
  assert.throws(() => probe.refuseAtOnce(), (error) => error instanceof StorageError && error.code === 'closed');
});

test('a panic is an error', async () => {
  const internal = (error) => error instanceof InternalError && error.code === 'internal';
  assert.throws(() => probe.panicsSync(), internal);
  await assert.rejects(() => probe.panics(), internal);
  // At the border, outside of any call, it is one too, and ends nothing else.
  assert.throws(() => probe.panicsAtOnce(), internal);
  assert.equal(await probe.text('still here'), 'still here');
});

test('the event loop is not blocked by calls that wait', async () => {
  const held = [probe.hold(), probe.hold(), probe.hold()];
  while (probe.held() < held.length) await new Promise(setImmediate);
  assert.equal(await probe.text('meanwhile'), 'meanwhile');
  probe.release();
  assert.deepEqual((await Promise.all(held)).sort(), [0, 1, 2]);
});

test('a thousand calls under way are all answered, each with its own', async () => {
  const numbers = Array.from({ length: 1000 }, (_, number) => number);
  assert.deepEqual(await Promise.all(numbers.map((number) => probe.count(number))), numbers);
});

test('all rows of a list, page after page', async () => {
  const words = [];
  for await (const { name } of probe.wordsAll()) words.push(name);
  assert.deepEqual(words, ['one', 'two', 'three']);
  const rest = [];
  for await (const { name } of probe.wordsAll({ after: '1' })) rest.push(name);
  assert.deepEqual(rest, ['two', 'three']);
  await assert.rejects(() => probe.wordsAll({ words: 1 }).next(), TypeError);
});

test('a signal rejects early', async () => {
  const held = new AbortController();
  const waiting = probe.hold({ signal: held.signal });
  while (probe.held() < 1) await new Promise(setImmediate);
  held.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  probe.release();
  await assert.rejects(() => probe.text('x', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await assert.rejects(() => probe.text('x', { signal: 'now' }), TypeError);
  const kept = new AbortController();
  assert.equal(await probe.text('x', { signal: kept.signal }), 'x');
  kept.abort();
  assert.equal(await probe.text('x', { signal: null }), 'x');
});

test('a handle is made by the library alone', () => {
  assert.throws(() => new Probe(), TypeError);
  assert.throws(() => Probe.prototype.textSync.call({}, 'x'), TypeError);
});
