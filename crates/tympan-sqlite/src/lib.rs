//! The embedded store of tympan: one SQLite file
