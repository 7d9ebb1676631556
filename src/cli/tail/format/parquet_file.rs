//! Rows as a Parquet file (<https://parquet.apache.org/docs/file-format/>), written from its beginning to its end.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};

use crate::{
    cli::CommandFailure,
    record::{Cell, Column, ColumnKind},
};

/// Rows of a group, which are held until it is written.
// An event takes some 2 KB as a row and an article 5, so a group holds 10 to 25 MB.
const GROUP_ROWS: usize = 5_000;

type Row = Vec<Option<Cell>>;

/// A Parquet file that is being written.
pub(super) struct ParquetFile<W: Write + Send> {
    columns: &'static [Column],
    writer: SerializedFileWriter<W>,
    rows: Vec<Row>,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file with these columns, each of which may be null.
    pub(super) fn begin(out: W, columns: &'static [Column]) -> Result<Self, CommandFailure> {
        let fields: Result<Vec<_>, _> = columns.iter().map(describe_column).collect();
        let schema = Type::group_type_builder("record").with_fields(fields.map_err(failed)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let schema = Arc::new(schema.build().map_err(failed)?);
        let writer =
            SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Self {
            columns,
            writer,
            rows: Vec::new(),
        })
    }

    pub(super) fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Takes in one row, with a cell a column.
    pub(super) fn write_row(&mut self, row: Row) -> Result<(), CommandFailure> {
        self.rows.push(row);
        if self.rows.len() == GROUP_ROWS {
            self.write_group()?;
        }
        Ok(())
    }

    /// Writes what is left, and what makes it a file.
    pub(super) fn finish(mut self) -> Result<(), CommandFailure> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        self.writer.close().map_err(failed)?;
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), CommandFailure> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for (at, column) in self.columns.iter().enumerate() {
            write_column(&mut group, column.kind, at, &rows).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        Ok(())
    }
}

fn describe_column(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let physical = match column.kind {
        ColumnKind::Text => Physical::BYTE_ARRAY,
        ColumnKind::Whole => Physical::INT64,
        ColumnKind::Real => Physical::DOUBLE,
    };
    let mut builder =
        Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
    if column.kind == ColumnKind::Text {
        builder = builder
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8);
    }
    builder.build().map(Arc::new)
}

/// Writes one column of a group: for each row whether it has a value, and the values that there are.
fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    kind: ColumnKind,
    at: usize,
    rows: &[Row],
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    let levels: Vec<i16> = rows
        .iter()
        .map(|row| i16::from(row[at].is_some()))
        .collect();
    let levels = Some(levels.as_slice());
    let cells = rows.iter().filter_map(|row| row[at].as_ref());
    match kind {
        ColumnKind::Text => {
            let values: Vec<ByteArray> = cells.filter_map(text_of).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, levels, None)?
        }
        ColumnKind::Whole => {
            let values: Vec<i64> = cells.filter_map(whole_of).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&values, levels, None)?
        }
        ColumnKind::Real => {
            let values: Vec<f64> = cells.filter_map(real_of).collect();
            column
                .typed::<DoubleType>()
                .write_batch(&values, levels, None)?
        }
    };
    column.close()
}

fn text_of(cell: &Cell) -> Option<ByteArray> {
    match cell {
        Cell::Text(text) => Some(ByteArray::from(text.as_str())),
        Cell::Whole(_) | Cell::Real(_) => None,
    }
}

fn whole_of(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Whole(number) => Some(*number),
        Cell::Text(_) | Cell::Real(_) => None,
    }
}

fn real_of(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Real(number) => Some(*number),
        Cell::Text(_) | Cell::Whole(_) => None,
    }
}

fn failed(error: ParquetError) -> CommandFailure {
    match error {
        // Nobody reads any more, or there is no room: an error of the output as with any other format.
        ParquetError::External(cause) if cause.is::<std::io::Error>() => {
            CommandFailure::Disk(format!("cannot write the Parquet file: {cause}"))
        }
        error => CommandFailure::Fault(format!("cannot write the Parquet file: {error}")),
    }
}
