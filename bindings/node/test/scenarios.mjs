// Plays one of the stories that all languages tell, on an open store. `bindings/surface.json` says
// of what type everything is: the stories know neither bigint nor Date.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const surface = JSON.parse(readFileSync(new URL('../../surface.json', import.meta.url), 'utf8'));

/** How a method is called: `call(handle, name, arguments)`. */
export const ways = {
  promise: (on, name, values) => on[name](...values),
  sync: (on, name, values) => (on[`${name}Sync`] ?? on[name]).call(on, ...values),
};

/** Plays the steps of a file; handles that the story made are closed with the store. */
export async function play(name, scenario, store, call) {
  const bound = {};
  for (const [place, step] of scenario.steps.entries()) {
    try {
      await take(step, bound, store, call);
    } catch (cause) {
      throw new Error(`${name}: step ${place + 1}: ${cause.message}`, { cause });
    }
  }
}

async function take(step, bound, store, call) {
  const on = step.on === undefined ? store : bound[step.on];
  const method = surface.handle.methods[step.call];
  assert.ok(method, `there is no method ${step.call}`);
  const values = given(method, resolved(step.with ?? {}, bound));
  const result = await attempt(() => call(on, camel(step.call), values));
  if (step.refused !== undefined) {
    assert.ok(result.error, 'it was not refused');
    assert.equal(result.error.code, step.refused.code, `it was refused with ${result.error.code}`);
    match(step.refused.details ?? {}, result.error.details, 'details');
    return;
  }
  assert.ok(!result.error, `it was refused: ${result.error}`);
  const plain = method.gives === 'handle' ? result.value : plainly(result.value);
  if (step.as !== undefined) bound[step.as] = plain;
  if (step.expect !== undefined) match(resolved(step.expect, bound), plain, 'given');
}

/** The keys of a database that several processes could share. */
const keys = `tympan keys 1\nkey 1 ${Array.from({ length: 32 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('')}\nactive 1\n`;

/** The options with which the store of a story is opened. */
export function options(scenario, address) {
  const asked = record('OpenOptions', scenario.open ?? {});
  return address.startsWith('postgres') ? { ...asked, keys, schema: `scenario_${randomUUID().replaceAll('-', '')}` } : asked;
}

async function attempt(work) {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

/** What was bound, in the place of `{"$": path}`. */
function resolved(value, bound) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => resolved(item, bound));
  if ('$' in value) return value.$.split('.').reduce((from, name) => from[name], bound);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner, bound)]));
}

function given(method, values) {
  const names = method.parameters.map(({ name }) => name);
  const parameters = method.parameters.map(({ name, type }) => typed(type, values[name]));
  const rest = Object.entries(values).filter(([name]) => !names.includes(name));
  assert.ok(method.options !== null || rest.length === 0, `${method.name} has no options`);
  return method.options === null ? parameters : [...parameters, record(method.options, Object.fromEntries(rest))];
}

function record(name, values) {
  return fields(surface.records[name].fields, values, name);
}

function fields(fields, values, owner) {
  const field = (name) => fields.find((field) => field.name === name) ?? assert.fail(`${owner} has no ${name}`);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [camel(name), typed(field(name).type, value)]));
}

function typed(type, value) {
  if (value === undefined || value === null) return value;
  if (type === 'amount') return BigInt(value);
  if (type === 'timestamp') return new Date(value);
  if (type.option) return typed(type.option, value);
  if (type.list) return value.map((item) => typed(type.list, item));
  if (type.map) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typed(type.map, inner)]));
  if (type.record) return record(type.record, value);
  if (type.enum && typeof value === 'object') {
    const { type: word, ...values } = value;
    const variant = surface.enums[type.enum].variants.find(({ name }) => snake(name) === word);
    return { type: word, ...fields(variant?.fields ?? assert.fail(`${type.enum} has no ${word}`), values, word) };
  }
  return value;
}

/** A result as the stories write it. */
function plainly(value) {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return { code: value.code, details: value.details };
  if (Array.isArray(value)) return value.map(plainly);
  if (value === null || typeof value !== 'object') return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), plainly(inner)]));
}

/** An object in part, a list whole, everything else exactly. */
function match(expected, found, told) {
  if (expected === null || typeof expected !== 'object') return assert.deepEqual(found, expected, told);
  if ('$any' in expected) return assert.ok(found !== null && found !== undefined, `${told}: nothing is there`);
  if (Array.isArray(expected)) assert.equal(found?.length, expected.length, `${told}: ${JSON.stringify(found)}`);
  for (const [name, inner] of Object.entries(expected)) {
    assert.ok(found !== null && name in found, `${told}: ${name} is missing`);
    match(inner, found[name], `${told}, ${name}`);
  }
}

function camel(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function snake(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
