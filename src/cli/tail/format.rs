//! How `tail` writes records: a line a person reads, JSON lines, CSV, or a Parquet file.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use super::{parse_record, tell_where_silent, write_record};
use crate::{
    cli::{CommandFailure, print},
    ledger::{Outlet, PublishedRecord},
    record::{ARTICLE_COLUMNS, Cell, Column, EVENT_COLUMNS, SET_ASIDE_COLUMNS},
};

#[cfg(feature = "parquet")]
mod parquet_file;

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RecordFormat {
    /// A line each, for a person
    Text,
    /// The records as JSON lines
    Json,
    /// A heading and a row each (RFC 4180), with the columns of the views
    Csv,
    /// One Parquet file with the same columns
    Parquet,
}

/// Writes records to the standard output, one after the other.
pub(in crate::cli) struct RecordWriter {
    out: io::Stdout,
    outlet: Outlet,
    form: Form,
    /// None was written so far.
    is_silent: bool,
}

enum Form {
    /// As [`write_record`] does it: JSON, or for a person.
    Line {
        json: bool,
    },
    Csv(&'static [Column]),
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet_file::ParquetFile<io::Stdout>>),
}

impl RecordWriter {
    /// Begins what holds the records of an outlet.
    pub(in crate::cli) fn open(
        format: RecordFormat,
        outlet: Outlet,
        follow: bool,
    ) -> Result<Self, CommandFailure> {
        let columns = columns_of(outlet);
        let mut out = io::stdout();
        let form = match format {
            RecordFormat::Text => Form::Line { json: false },
            RecordFormat::Json => Form::Line { json: true },
            RecordFormat::Csv => {
                let names = columns.iter().map(|column| column.name);
                print::write_outside(&mut out, &write_row(names)?)?;
                Form::Csv(columns)
            }
            RecordFormat::Parquet => open_parquet(columns, follow)?,
        };
        Ok(Self {
            out,
            outlet,
            form,
            is_silent: true,
        })
    }

    /// Writes one record.
    pub(in crate::cli) fn write_record(
        &mut self,
        record: &PublishedRecord,
    ) -> Result<(), CommandFailure> {
        self.is_silent = false;
        match &mut self.form {
            Form::Line { json } => write_record(&mut self.out, record, *json)?,
            Form::Csv(columns) => {
                let cells = read_cells(columns, record)?;
                let row = write_row(
                    cells
                        .iter()
                        .map(|cell| cell.as_ref().map_or_else(String::new, write_cell)),
                )?;
                print::write_outside(&mut self.out, &row)?;
            }
            #[cfg(feature = "parquet")]
            Form::Parquet(file) => file.write_row(read_cells(file.columns(), record)?)?,
        }
        Ok(())
    }

    /// Hands over what is written so far.
    pub(in crate::cli) fn flush(&mut self) -> Result<(), CommandFailure> {
        Ok(self.out.flush()?)
    }

    /// Ends what was begun; says so where there was nothing to write.
    pub(in crate::cli) fn finish(mut self) -> Result<(), CommandFailure> {
        self.flush()?;
        tell_where_silent(self.outlet, self.is_silent);
        #[cfg(feature = "parquet")]
        if let Form::Parquet(file) = self.form {
            file.finish()?;
        }
        Ok(())
    }
}

#[cfg(feature = "parquet")]
fn open_parquet(columns: &'static [Column], follow: bool) -> Result<Form, CommandFailure> {
    if follow {
        return Err(CommandFailure::Usage(
            "a Parquet file is complete at its end: leave out --follow".to_owned(),
        ));
    }
    if io::IsTerminal::is_terminal(&io::stdout()) {
        return Err(CommandFailure::Usage(
            "a Parquet file is nothing for a terminal: write it to a file, `… > events.parquet`"
                .to_owned(),
        ));
    }
    let file = parquet_file::ParquetFile::begin(io::stdout(), columns)?;
    Ok(Form::Parquet(Box::new(file)))
}

#[cfg(not(feature = "parquet"))]
fn open_parquet(_: &'static [Column], _: bool) -> Result<Form, CommandFailure> {
    Err(CommandFailure::Usage(
        "this build writes no Parquet: it was built without the feature `parquet`".to_owned(),
    ))
}

fn columns_of(outlet: Outlet) -> &'static [Column] {
    match outlet {
        Outlet::Articles => ARTICLE_COLUMNS,
        Outlet::Events => EVENT_COLUMNS,
        Outlet::SetAside => SET_ASIDE_COLUMNS,
    }
}

fn read_cells(
    columns: &[Column],
    record: &PublishedRecord,
) -> Result<Vec<Option<Cell>>, CommandFailure> {
    let json: Value = parse_record(record)?;
    Ok(columns
        .iter()
        .map(|column| column.read_cell(&json))
        .collect())
}

/// One row of CSV with its line end.
fn write_row(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<String, CommandFailure> {
    let broken = |error: String| CommandFailure::Fault(format!("a row cannot be written: {error}"));
    let mut row = csv::Writer::from_writer(Vec::new());
    row.write_record(cells)
        .map_err(|error| broken(error.to_string()))?;
    let bytes = row
        .into_inner()
        .map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| broken(error.to_string()))
}

fn write_cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Whole(number) => number.to_string(),
        // With its point, as the records and the views have it.
        Cell::Real(number) => format!("{number:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_a_comma_a_quote_or_a_line_end_is_quoted() {
        let row = write_row(["a", "b, c", "say \"no\"", "two\nlines", ""].iter());
        assert_eq!(
            row.expect("plain text"),
            "a,\"b, c\",\"say \"\"no\"\"\",\"two\nlines\",\n"
        );
    }
}
