//! Events on a terminal as they are committed, one line each.

use std::{
    io::{self, Write},
    sync::Arc,
};

use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    cli::print::{print_line, wants_colours},
    event,
    record::Event,
    status::Board,
    stop::Stop,
};

/// Prints each event as it is committed, one line each.
pub(super) async fn print_events(board: Arc<Board>, stop: Stop) {
    let events = board.watch_events();
    print_all(events, stop, io::stdout(), wants_colours()).await;
}

/// Prints each event until stop is said or nobody reads; a burst that was too fast is reported and is not the end.
async fn print_all(
    mut events: broadcast::Receiver<Event>,
    stop: Stop,
    mut out: impl Write,
    colour: bool,
) {
    while let Some(said) = stop.unless_stopped(events.recv()).await {
        let line = match said {
            Ok(event) => event::line(&event, colour),
            Err(RecvError::Lagged(missed)) => {
                format!("… {missed} more, too fast to print; dateline tail events has them all")
            }
            Err(RecvError::Closed) => return,
        };
        if print_line(&mut out, &line).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Coder, LexiconSource, Story},
        stop,
    };

    #[tokio::test]
    async fn a_burst_of_events_does_not_end_the_printing() {
        let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
        let mut events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
        let event = events.pop().expect("an accusation");
        let (sender, receiver) = broadcast::channel(4);
        for _ in 0..20 {
            sender.send(event.clone()).expect("somebody listens");
        }
        drop(sender);
        let (_stopper, stop) = stop::stop_channel();
        let mut out = Vec::new();
        print_all(receiver, stop, &mut out, false).await;
        let out = String::from_utf8(out).expect("UTF-8");
        assert!(out.starts_with("… 16 more"), "{out}");
        assert_eq!(out.matches("ACCUSE").count(), 4, "{out}");
    }
}
