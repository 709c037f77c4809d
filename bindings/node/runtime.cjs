'use strict';
// What all generated classes and methods share. A call crosses as a flat list of plain values, and
// so does its answer; the generated functions write and read them with what is here.

const native = require('./native.cjs');

/** The longest interval that a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;

/** Begins the binding of this environment, the main thread's or a worker's. `refused` reads an error. */
function bind(refused) {
  /** The promises of calls under way, by their numbers. */
  const waiting = new Map();
  let last = 0;
  let given = [];
  // The process lives as long as somebody waits for an answer.
  const keeper = setInterval(() => {}, FOREVER_MS).unref();
  const binding = new native.Binding((...values) => void given.push(...values), settle);

  /** What the addon gave last: the value that `read` reads, or an error that is thrown. */
  function answer(read) {
    const from = new Reader(given);
    given = [];
    if (from.next()) return read(from);
    throw refused(from);
  }

  function settle() {
    for (let number = binding.finished(); number !== null; number = binding.finished()) {
      const { resolve, reject, read, signal, abort } = waiting.get(number);
      waiting.delete(number);
      signal?.removeEventListener('abort', abort);
      try {
        resolve(answer(read));
      } catch (error) {
        reject(error);
      }
    }
    if (waiting.size === 0) keeper.unref();
  }

  /**
   * A promise for what `begin` begins under the number that it is given. A signal that is sent
   * rejects it; the call goes on, and what it gives is let go.
   */
  function promise(options, read, begin) {
    return new Promise((resolve, reject) => {
      const signal = options?.signal ?? undefined;
      const isSignal = signal === undefined || signal instanceof AbortSignal;
      if (!isSignal) throw wrong(false, 'an AbortSignal', 'signal', ['options']);
      signal?.throwIfAborted();
      const number = (last = (last + 1) >>> 0);
      begin(number);
      const abort = () => reject(signal.reason);
      signal?.addEventListener('abort', abort, { once: true });
      if (waiting.size === 0) keeper.ref();
      waiting.set(number, { resolve, reject, read, signal, abort });
    });
  }

  return { binding, answer, promise };
}

/** Reads what the addon gave, value after value. */
class Reader {
  constructor(values) {
    this.values = values;
    this.place = 0;
  }

  next() {
    return this.values[this.place++];
  }

  option(read) {
    return this.next() ? read(this) : null;
  }

  list(read) {
    return Array.from({ length: this.next() }, () => read(this));
  }

  map(read) {
    return Object.fromEntries(this.list(() => [this.next(), read(this)]));
  }
}

/** Writes what may be left out. */
function writeOption(write, to, value, name, at) {
  const isThere = value !== undefined && value !== null;
  to.push(isThere);
  if (isThere) write(to, value, name, at);
}

function writeList(write, to, value, name, at) {
  if (!Array.isArray(value)) throw wrong(false, 'an array', name, at);
  const { length } = value;
  to.push(length);
  for (let place = 0; place < length; place += 1) write(to, value[place], place, [name, at]);
}

function writeMap(write, to, value, name, at) {
  const here = objectAt(value, name, at);
  const entries = Object.entries(value);
  to.push(entries.length);
  for (const [key, item] of entries) {
    if (!key.isWellFormed()) throw wrong(false, 'a value under a well-formed name', key, here);
    to.push(key);
    write(to, item, key, here);
  }
}

/** The place of an object, for what is within it. */
function objectAt(value, name, at, must = 'an object') {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) throw wrong(false, must, name, at);
  return [name, at];
}

/** A value that is none of its type, or out of range. */
function wrong(range, must, name, at) {
  const Wrong = range ? RangeError : TypeError;
  const code = range ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE';
  return Object.assign(new Wrong(`\`${path(name, at)}\` must be ${must}`), { code });
}

function path(name, at) {
  const before = at === undefined ? '' : path(...at);
  if (typeof name === 'number') return `${before}[${name}]`;
  return before === '' ? name : `${before}.${name}`;
}

module.exports = { native, bind, writeOption, writeList, writeMap, objectAt, wrong };
