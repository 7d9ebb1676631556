//! What a ledger counts of itself, for `/metrics`.

/// One metric of a ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name without `dateline_`, its unit and `_total`.
    pub name: &'static str,
    /// What it means, for people.
    pub help: &'static str,
    /// `seconds` or `bytes`; `None` for a plain number.
    pub unit: Option<&'static str>,
    /// The number.
    pub reading: FigureReading,
}

/// A number, and how it moves.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureReading {
    /// Only ever rises.
    Total(f64),
    /// Rises, counted apart by how it ended: a fixed set.
    Outcomes(Vec<(&'static str, f64)>),
    /// Rises and falls.
    Level(f64),
}
