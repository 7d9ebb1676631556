//! Wires the stages.
mod cpu;
mod schedule;
