//! The reference store of tympan: everything in memory
