//! Codes a text with the library: `cargo run --release --example code_text -- "Police in Lyon arrested two men."`
//!
//! The language model and the lexicon are inside the library; nothing is read from disk or network.
#![allow(clippy::print_stdout, reason = "an example prints what it read")]

use dateline::event::{Coder, LexiconSource, Story};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::args().nth(1).unwrap_or_else(|| {
        "Police in Lyon arrested two men on Monday after a fire at the port.".to_owned()
    });
    let coder = Coder::new(&LexiconSource::embedded(), &[])?;
    for event in coder.code(&Story::of_text(&text)) {
        // An event is a record: the same JSON that goes to an outlet.
        println!("{}", serde_json::to_string_pretty(&event)?);
    }
    Ok(())
}
