//! Seeded sequences.
