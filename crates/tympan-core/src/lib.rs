//! The rules of tympan, pure: types, commands, decisions, ledger, schedules, permissions, queries
