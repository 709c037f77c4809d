'use strict';
// Loads the addon that was built for this machine.

const suffixes = { linux: '-gnu', win32: '-msvc' };
const file = `./tympan.${process.platform}-${process.arch}${suffixes[process.platform] ?? ''}.node`;

try {
  module.exports = require(file);
} catch (cause) {
  throw new Error(`tympan has no addon for this machine: ${file} cannot be loaded`, { cause });
}
