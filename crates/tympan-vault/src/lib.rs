//! Secrets of tympan: key ring, blind index, sealing, chains, PIN and password hashing
