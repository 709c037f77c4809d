'use strict';
// The addon that was built for this machine.

const suffix = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';

const name = `tympan.${process.platform}-${process.arch}${suffix}.node`;

try {
  module.exports = require(`./${name}`);
} catch (cause) {
  const message = `there is no tympan for this machine in this package: ${name} is not there, or does not load`;
  throw Object.assign(new Error(message, { cause }), { code: 'ERR_TYMPAN_PLATFORM' });
}
