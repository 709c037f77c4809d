// The accounting of a print server as a small HTTP service: who stands at the device, what is left,
// what a job takes.
//
//   POST /users   { "name": "Bob", "username": "bob" }       201, with a PIN that is told once
//   POST /sign-in { "pin": "48213" }                         200, the user and what is left
//   POST /jobs    { "pin": "48213", "key": "17", "pages": 2 } 201, the receipt; 402 when refused
//
//   node service.mjs sqlite:shop.db 8080
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

import { Tympan, TympanError } from 'tympan';

/** Bytes of a request at most: none of ours needs more. */
const MAX_BYTES = 16 * 1024;

/** What HTTP says to each kind of error. A repeat with the same key is safe after 503. */
const STATUS = /** @type {const} */ ({
  invalid: 400,
  denied: 403,
  not_found: 404,
  conflict: 409,
  refused: 402,
  throttled: 429,
  storage: 503,
  unknown_outcome: 503,
  internal: 500,
});

/** @typedef {Record<string, unknown>} Body */

/** @type {Record<string, (tympan: Tympan, body: Body) => Promise<[number, unknown]>>} */
const routes = {
  'POST /users': async (tympan, body) => {
    const identities = [{ kind: 'pin', alone: true }];
    const { user, identities: stored } = await tympan.createUser(text(body, 'name'), { username: text(body, 'username'), identities });
    return [201, { id: user.id, pin: stored.find(({ kind }) => kind === 'pin')?.value }];
  },
  'POST /sign-in': async (tympan, body) => {
    const details = await tympan.userDetails({ type: 'pin', pin: text(body, 'pin') });
    if (details === null || !details.user.active) return [401, { error: 'unknown_pin' }];
    return [200, { name: details.user.name, wallets: details.wallets }];
  },
  'POST /jobs': async (tympan, body) => {
    const usage = { pages: /** @type {number} */ (body.pages) };
    return [201, await tympan.charge({ type: 'pin', pin: text(body, 'pin') }, text(body, 'key'), usage)];
  },
};

/** Opens the store, makes the tenant if there is none, and answers. @param {string} address */
export async function start(address, port = 0) {
  const tympan = await Tympan.open(address);
  await found(tympan);
  const server = createServer((request, response) => void answer(tympan, request, response));
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const close = async () => {
    await new Promise((resolve) => server.close(resolve).closeIdleConnections());
    await tympan.close();
  };
  return { address: /** @type {import('node:net').AddressInfo} */ (server.address()), close };
}

/** Ten pages a month for everybody. An earlier start may have ended between the two steps. @param {Tympan} tympan */
async function found(tympan) {
  await tympan.bootstrap('Copy shop', 'EUR', 'Ann', { username: 'ann' }).catch(unless('bootstrap_done'));
  const { defaultProfile } = await tympan.settings();
  const profile = await tympan.profile(defaultProfile);
  if (profile === null || profile.plans.length > 0) return;
  const terms = /** @type {const} */ ({ measure: 'total_pages', amount: 10n, schedule: 'monthly' });
  const edit = { expectedVersion: profile.version, plans: [/** @type {const} */ ({ type: 'add', terms })] };
  // Another process that starts may be the first to.
  await tympan.editProfile(defaultProfile, edit).catch(unless('stale_version'));
}

/** @param {string} code */
function unless(code) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof TympanError && error.code === code)) throw error;
  };
}

/** @type {(tympan: Tympan, request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
async function answer(tympan, request, response) {
  const [status, body] = await routed(tympan, request).catch(told);
  const amounts = (/** @type {string} */ _, /** @type {unknown} */ value) => (typeof value === 'bigint' ? String(value) : value);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body, amounts));
}

/** @type {(tympan: Tympan, request: import('node:http').IncomingMessage) => Promise<[number, unknown]>} */
async function routed(tympan, request) {
  const route = routes[`${request.method} ${request.url}`];
  return route ? route(tympan, await read(request)) : [404, { error: 'no_such_route' }];
}

/** @param {unknown} error @returns {[number, unknown]} */
function told(error) {
  if (error instanceof TympanError) return [STATUS[error.kind], { error: error.code, message: error.message, details: error.details }];
  // What has the wrong type was refused by name before anything was done.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return [400, { error: error.message }];
  console.error(error);
  return [500, { error: 'internal' }];
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<Body>} */
async function read(request) {
  let json = '';
  for await (const part of request.setEncoding('utf8')) {
    json += part;
    if (json.length > MAX_BYTES) throw new RangeError('the request is too long');
  }
  const body = JSON.parse(json);
  if (body === null || typeof body !== 'object') throw new TypeError('the request must be an object');
  return body;
}

/** @param {Body} body @param {string} name */
function text(body, name) {
  const value = body[name];
  if (typeof value !== 'string') throw new TypeError(`\`${name}\` must be a string`);
  return value;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { address, close } = await start(process.argv[2] ?? 'memory:', Number(process.argv[3] ?? 8080));
  console.log(`http://127.0.0.1:${address.port}`);
  process.once('SIGINT', () => void close());
  process.once('SIGTERM', () => void close());
}
