'use strict';
// What all generated classes and methods share.

const { inspect } = require('node:util');

const native = require('./native.cjs');

/** The longest interval that a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Begins the binding of this environment, the main thread's or a worker's. `refused` makes an error
 * of tympan's, `makers` are the functions that make records.
 */
function bind(refused, makers) {
  /** The promises of calls under way, by their numbers. */
  const waiting = new Map();
  let last = 0;
  // The process lives as long as somebody waits for an answer.
  const keeper = setInterval(() => {}, FOREVER_MS).unref();
  const binding = new native.Binding([refused, wrong, map, ...makers], settle);

  function settle() {
    const finished = binding.finished();
    for (let place = 0; place < finished.length; place += 3) {
      const { resolve, reject } = waiting.get(finished[place]);
      waiting.delete(finished[place]);
      const done = finished[place + 1] ? reject : resolve;
      done(finished[place + 2]);
    }
    if (waiting.size === 0) keeper.unref();
  }

  /** A promise for what `begin` begins under the number that it is given. */
  function promise(options, begin) {
    return new Promise((resolve, reject) => {
      const signal = checked(options?.signal);
      const number = (last = (last + 1) >>> 0);
      begin(number);
      if (waiting.size === 0) keeper.ref();
      waiting.set(number, signal ? abortable(signal, resolve, reject) : { resolve, reject });
    });
  }

  return { binding, promise };
}

/** A signal, or none; one that was sent already throws its reason. */
function checked(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) throw wrong(false, '`options.signal` must be an AbortSignal');
  signal.throwIfAborted();
  return signal;
}

/** Rejects as soon as the signal is sent; the call goes on, and what it gives is let go. */
function abortable(signal, resolve, reject) {
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const last = (end) => (value) => {
    signal.removeEventListener('abort', abort);
    end(value);
  };
  return { resolve: last(resolve), reject: last(reject) };
}

/** A value that is none of its type, or out of range. */
function wrong(range, message) {
  const error = range ? new RangeError(message) : new TypeError(message);
  error.code = range ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE';
  return error;
}

/** An object of names and values in turn. */
function map(flat) {
  const entries = [];
  for (let place = 0; place < flat.length; place += 2) entries.push([flat[place], flat[place + 1]]);
  return Object.fromEntries(entries);
}

/** Keeps fields of a record out of what `util.inspect` and so `console.log` show. */
function hide(record, names) {
  const shown = (_depth, options) => {
    const rest = { ...record };
    for (const name of names) if (rest[name] !== null) rest[name] = '(hidden)';
    return inspect(rest, options);
  };
  return Object.defineProperty(record, inspect.custom, { value: shown, configurable: true, writable: true });
}

/** All rows of a list, page after page. */
async function* rows(page, options) {
  let after;
  do {
    const { rows, next } = await page(after === undefined ? options : { ...options, after });
    yield* rows;
    after = next;
  } while (after !== null);
}

/** The sets of each snapshot that was asked before. */
const sets = new WeakMap();

function may(snapshot, permission, account) {
  let held = sets.get(snapshot);
  if (held === undefined) {
    const over = Object.entries(snapshot.overAccounts);
    held = {
      everywhere: new Set(snapshot.everywhere),
      over: new Map(over.map(([name, permissions]) => [name, new Set(permissions)])),
    };
    sets.set(snapshot, held);
  }
  return held.everywhere.has(permission) || held.over.get(account)?.has(permission) === true;
}

module.exports = { native, bind, hide, rows, may };
