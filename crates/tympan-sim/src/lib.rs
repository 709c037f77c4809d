//! Seeded simulation of tympan: workload, faults, and an auditor with its own model
