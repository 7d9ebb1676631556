//! The process of a flow's worker: reads its part from the environment and says on its output what it does.

use std::{
    env,
    io::{Read as _, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use dateline::{
    config::Secret,
    kafka::{Hook, HookStep, KafkaLedger},
    ledger::{Figure, FigureReading, Ledger as _, LedgerError},
    telemetry::{LogStyle, start_logging},
};

use super::{Flow, work::work};

/// A pause that nobody ends is over after this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

pub(super) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush())
        .ok();
}

/// The process: reads its part from the environment, ends with an exit code of its own.
pub fn be_a_worker() {
    let Ok(address) = env::var("FLOW_ADDRESS") else {
        return;
    };
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let flow = Flow {
        address,
        prefix: env::var("FLOW_PREFIX").unwrap_or_default(),
        partitions: number("FLOW_PARTITIONS") as u32,
        replication: number("FLOW_REPLICATION") as u32,
        sites: number("FLOW_SITES") as u32,
        polls: number("FLOW_POLLS"),
        last: env::var_os("FLOW_LAST").unwrap_or_default().into(),
        told: Arc::default(),
    };
    // Ends the line on which the test runner names this one.
    say("");
    start_logging(LogStyle::default()).expect("no filter of its own");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let code = runtime.expect("a runtime").block_on(run(flow));
    std::process::exit(code);
}

/// Holds each transaction open for a while, pauses it where a test says so, and says at which step it is.
fn hook(flow: Flow) -> Hook {
    let hold = env::var("FLOW_HOLD_MS")
        .ok()
        .and_then(|ms| ms.parse().ok())
        .unwrap_or(0);
    let flag = PathBuf::from(env::var_os("FLOW_PAUSE").unwrap_or_default());
    Arc::new(move |step| {
        let name = match step {
            HookStep::Begun => "begun",
            HookStep::Drained => "drained",
            HookStep::OffsetsSent => "sent",
            HookStep::Committed => "committed",
        };
        say(name);
        if step == HookStep::Drained && hold > 0 && !flow.is_last() {
            thread::sleep(Duration::from_millis(hold));
        }
        if std::fs::read_to_string(&flag).is_ok_and(|at| at == name) {
            drop(std::fs::remove_file(&flag));
            say(&format!("paused {name}"));
            let (over, since) = (flag.with_added_extension("over"), Instant::now());
            while std::fs::remove_file(&over).is_err() && since.elapsed() < LONGEST_PAUSE {
                thread::sleep(Duration::from_millis(10));
            }
        }
    })
}

/// Where it stands: `own [0, 3] restored 2 lost 0 fenced 0`.
fn standing(ledger: &KafkaLedger, owned: &[u32]) -> String {
    let figures = ledger.figures();
    let total = |name| total(&figures, name);
    format!(
        "own {owned:?} restored {} lost {} fenced {}",
        total("kafka_restores"),
        total("kafka_transactions"),
        total("kafka_owners_fenced")
    )
}

async fn run(flow: Flow) -> i32 {
    let begun = Instant::now();
    let mut config = flow.config();
    config.instance = env::var("FLOW_INSTANCE").unwrap_or_default();
    if let Ok(ms) = env::var("FLOW_TRANSACTION_MS") {
        let key = "transaction.timeout.ms".to_owned();
        config.client.insert(key, Secret::new(ms));
    }
    say(&format!("memory {}", resident("self")));
    let ledger = match KafkaLedger::open_with(&config, Some(hook(flow.clone()))).await {
        Ok(ledger) => Arc::new(ledger),
        Err(error) => {
            say(&format!("error {error}"));
            return exit_code(&error);
        }
    };
    say(&format!("open {}", begun.elapsed().as_millis()));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    thread::spawn(move || {
        drop(std::io::stdin().read(&mut [0]));
        stopped.store(true, Ordering::Release);
    });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..flow.sites {
        tasks.spawn(work(
            Arc::clone(&ledger),
            flow.clone(),
            number,
            Arc::clone(&stop),
        ));
    }
    let mut owned = Vec::new();
    let mut fares = (Instant::now(), String::new());
    let mut code = 0;
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                None => break,
                Some(Ok(Err(error))) => {
                    say(&format!("error {error}"));
                    code = exit_code(&error);
                    stop.store(true, Ordering::Release);
                }
                Some(_) => {}
            },
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                let now = ledger.owned_partitions();
                if now != owned {
                    say(&standing(&ledger, &now));
                    owned = now;
                }
                if fares.0.elapsed() > Duration::from_secs(1) {
                    let line = format!("health {:?}", ledger.health());
                    if line != fares.1 {
                        say(&line);
                    }
                    fares = (Instant::now(), line);
                }
                if let (Err(error), 0) = (ledger.refuse_unless_sound(), code) {
                    say(&format!("error {error}"));
                    code = exit_code(&error);
                    stop.store(true, Ordering::Release);
                }
            }
        }
    }
    say(&standing(&ledger, &owned));
    if code == 0
        && let Err(error) = ledger.close().await
    {
        say(&format!("error {error}"));
        return exit_code(&error);
    }
    code
}

/// A total of the ledger's figures; of transactions, those whose producer was lost.
fn total(figures: &[Figure], name: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.name == name);
    match found.map(|figure| &figure.reading) {
        Some(FigureReading::Total(total)) => *total,
        Some(FigureReading::Outcomes(outcomes)) => {
            let lost = outcomes.iter().find(|(outcome, _)| *outcome == "lost");
            lost.map_or(0.0, |(_, count)| *count)
        }
        _ => 0.0,
    }
}

fn exit_code(error: &LedgerError) -> i32 {
    match error {
        LedgerError::Unreachable { .. } => 69,
        LedgerError::Taken { .. } => 75,
        LedgerError::Unfit { .. } => 64,
        _ => 70,
    }
}

/// Resident memory of a process in KiB.
pub(super) fn resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.expect("the process lives");
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kib.expect("a process has memory")
}
