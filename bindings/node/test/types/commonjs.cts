// The same from CommonJS.
import tympan = require('tympan');

const { Tympan, TympanError } = tympan;
const opened: Promise<tympan.Tympan> = Tympan.open('memory:');
opened.then(
  (handle) => handle.close(),
  (error: unknown) => error instanceof TympanError && error.code,
);
