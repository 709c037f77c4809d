'use strict';
// The addon that was built for this machine.

const suffix = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';

module.exports = require(`./tympan.${process.platform}-${process.arch}${suffix}.node`);
