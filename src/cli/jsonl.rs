//! Many at once: one JSON object a line in, one out, in input order, on all cores.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use parking_lot::{Condvar, Mutex};
use serde_json::{Map, Value, json};

/// Lines that are read ahead of what was written, times the cores.
// Bounds what waits for its turn.
// Documents differ much in size: fewer would let cores wait behind a long one.
const AHEAD: usize = 16;

/// Reads each line of `input`, gives its object to `answer`, writes what comes back with the line's `id` in front.
///
/// What `answer` refuses is written as `{"id":…,"error":…}`; so is a line that is no object, and a panic.
pub fn answer_lines<F>(
    input: impl BufRead + Send,
    mut output: impl Write,
    answer: F,
) -> std::io::Result<()>
where
    F: Fn(&Map<String, Value>) -> Result<Map<String, Value>, String> + Sync,
{
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (to_work, work) = mpsc::sync_channel::<(usize, String)>(cores);
    let work = Mutex::new(work);
    let (to_write, written) = mpsc::sync_channel::<(usize, std::io::Result<String>)>(cores * AHEAD);
    let turn = &LineTurn::default();
    thread::scope(|scope| {
        for _ in 0..cores {
            let to_write = to_write.clone();
            let (work, answer) = (&work, &answer);
            scope.spawn(move || {
                while let Ok((number, line)) = next(work) {
                    // Once nobody reads, lines are taken and dropped until the reader sees it and stops.
                    if !turn.is_stopped()
                        && to_write.send((number, Ok(line_of(&line, answer)))).is_err()
                    {
                        turn.stop_turns();
                    }
                }
            });
        }
        scope.spawn(move || feed_lines(input, cores * AHEAD, turn, &to_work, &to_write));
        let result = write_in_order(&written, &mut output, turn);
        turn.stop_turns();
        result
    })
}

fn next(work: &Mutex<mpsc::Receiver<(usize, String)>>) -> Result<(usize, String), mpsc::RecvError> {
    work.lock().recv()
}

/// Number of the next line to write; the reader keeps near it.
#[derive(Default)]
struct LineTurn {
    written: Mutex<usize>,
    moved: Condvar,
}

impl LineTurn {
    fn advance_turn(&self) {
        let mut written = self.written.lock();
        *written = written.saturating_add(1);
        self.moved.notify_all();
    }

    fn stop_turns(&self) {
        *self.written.lock() = usize::MAX;
        self.moved.notify_all();
    }

    fn is_stopped(&self) -> bool {
        *self.written.lock() == usize::MAX
    }

    fn wait_until(&self, number: usize) {
        let mut written = self.written.lock();
        while *written < number {
            self.moved.wait(&mut written);
        }
    }
}

fn feed_lines(
    input: impl BufRead,
    ahead: usize,
    turn: &LineTurn,
    to_work: &mpsc::SyncSender<(usize, String)>,
    to_write: &mpsc::SyncSender<(usize, std::io::Result<String>)>,
) {
    let mut number = 0;
    for line in input.lines() {
        let sent = match line {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => to_work.send((number, line)).is_ok(),
            Err(error) => {
                // The last message there is: the writer reports it.
                drop(to_write.send((number, Err(error))));
                false
            }
        };
        number += 1;
        turn.wait_until(number.saturating_sub(ahead));
        if !sent || turn.is_stopped() {
            return;
        }
    }
}

fn write_in_order(
    written: &mpsc::Receiver<(usize, std::io::Result<String>)>,
    output: &mut impl Write,
    turn: &LineTurn,
) -> std::io::Result<()> {
    let mut early = BTreeMap::new();
    let mut number = 0;
    while let Ok((of, line)) = written.recv() {
        early.insert(of, line);
        while let Some(line) = early.remove(&number) {
            output.write_all(line?.as_bytes())?;
            number += 1;
            turn.advance_turn();
        }
    }
    output.flush()
}

fn line_of<F>(line: &str, answer: &F) -> String
where
    F: Fn(&Map<String, Value>) -> Result<Map<String, Value>, String>,
{
    let (id, said) = match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(asked)) => {
            let said = catch_unwind(AssertUnwindSafe(|| answer(&asked)));
            let said = said.unwrap_or_else(|_| Err("a fault of ours: it panicked".to_owned()));
            (asked.get("id").cloned().unwrap_or(Value::Null), said)
        }
        Ok(_) => (Value::Null, Err("the line is no JSON object".to_owned())),
        Err(error) => (Value::Null, Err(error.to_string())),
    };
    let mut out = Map::new();
    out.insert("id".to_owned(), id);
    match said {
        Ok(said) => out.extend(said.into_iter().filter(|(key, _)| key != "id")),
        Err(error) => {
            out.insert("error".to_owned(), json!(error));
        }
    }
    let mut line = Value::Object(out).to_string();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &str) -> Vec<Value> {
        let mut out = Vec::new();
        answer_lines(input.as_bytes(), &mut out, |asked| {
            match asked.get("n").and_then(Value::as_u64) {
                Some(13) => panic!("unlucky"),
                Some(n) => {
                    // The first lines take longest.
                    (0..2000_u64.saturating_sub(n) * 10)
                        .for_each(|i| drop(std::hint::black_box(i.to_string())));
                    Ok(Map::from_iter([("twice".to_owned(), json!(n * 2))]))
                }
                None => Err("no number".to_owned()),
            }
        })
        .expect("memory takes all");
        String::from_utf8(out)
            .expect("JSON")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let input: Vec<String> = (100..700)
            .map(|n| format!("{{\"id\":\"q{n}\",\"n\":{n}}}\n"))
            .collect();
        let out = answers(&input.concat());
        assert_eq!(out.len(), 600);
        for (i, answer) in out.iter().enumerate() {
            assert_eq!(
                answer,
                &json!({"id": format!("q{}", i + 100), "twice": (i + 100) * 2})
            );
        }
    }

    #[test]
    fn what_fails_is_an_error_with_its_id() {
        let out = answers("{\"id\":1}\nnonsense\n\n{\"id\":2,\"n\":13}\n[]\n");
        let errors: Vec<bool> = out
            .iter()
            .map(|answer| answer["error"].is_string())
            .collect();
        assert_eq!(errors, [true, true, true, true]);
        assert_eq!((&out[0]["id"], &out[2]["id"]), (&json!(1), &json!(2)));
    }
}
