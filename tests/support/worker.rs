//! The built program on a folder of its own: writes its configuration, starts it, waits for what it does, ends it.

use std::{
    fmt::Write as _,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use dateline::{
    ledger::{Outlet, Position, PublishedRecord},
    sqlite::SqliteReader,
};
use tempfile::TempDir;

/// What is waited for comes within this time, or the test fails; far above what it takes.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// A condition is looked at this often.
const LOOK: Duration = Duration::from_millis(20);

/// A folder with a configuration, a feed list and a ledger.
pub struct Home {
    pub dir: TempDir,
}

/// The settings of a test; what differs is changed before [`Home::new`].
pub struct Settings {
    pub pace: &'static str,
    pub first_poll: usize,
    pub interval: &'static str,
    /// More of `[fetch]`, as TOML.
    pub fetch: String,
    /// More tables, as TOML.
    pub more: String,
    /// Host names and where they lead.
    pub hosts: Vec<String>,
    pub feeds: Vec<String>,
}

impl Settings {
    /// Local hosts at a short pace, polled each second.
    pub fn local(hosts: Vec<String>, feeds: Vec<String>) -> Self {
        Self {
            pace: "5ms",
            first_poll: 200,
            interval: "1s",
            fetch: String::new(),
            more: String::new(),
            hosts,
            feeds,
        }
    }

    pub fn config(&self) -> String {
        let mut text = format!(
            "contact = \"tests@example.org\"\n[fetch]\npace = \"{}\"\nprivate = [\"127.0.0.0/8\"]\n\
             retries = [\"1s\", \"1s\"]\n{}\n[poll]\ninterval = \"{interval}\"\nmin_interval = \"{interval}\"\n\
             max_interval = \"{interval}\"\nno_validators_floor = \"0s\"\nfirst_poll = {}\n",
            self.pace,
            self.fetch,
            self.first_poll,
            interval = self.interval,
        );
        text.push_str("[fetch.hosts]\n");
        for host in &self.hosts {
            writeln!(text, "\"{host}\" = \"127.0.0.1\"").expect("a string grows");
        }
        if !self.more.contains("[http]") {
            text.push_str("[http]\nlisten = \"\"\n");
        }
        text.push_str(&self.more);
        text
    }
}

/// A feed list of these addresses.
pub fn feed_list(feeds: &[String]) -> String {
    feeds
        .iter()
        .map(|url| format!("[[feed]]\nurl = \"{url}\"\n"))
        .collect()
}

impl Home {
    pub fn new(settings: &Settings) -> Self {
        let home = Self {
            dir: TempDir::new().expect("a temporary folder"),
        };
        home.write("dateline.toml", &settings.config());
        home.write("feeds.toml", &feed_list(&settings.feeds));
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file in the test's own folder");
    }

    pub fn config(&self) -> PathBuf {
        self.path("dateline.toml")
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("dateline.db")
    }

    /// Runs a command of the program on this folder to its end.
    pub fn ask(&self, arguments: &[&str]) -> Output {
        dateline()
            .args(arguments)
            .env("DATELINE_CONFIG", self.config())
            .current_dir(self.dir.path())
            .output()
            .expect("the program starts")
    }

    /// The same; it must succeed. Gives what it printed.
    pub fn told(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{arguments:?}: {:?} {said}",
            output.status
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Starts the worker; its log goes on in `log`.
    pub fn start(&self) -> Worker {
        self.start_with(&[])
    }

    pub fn start_with(&self, environment: &[(&str, &str)]) -> Worker {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .expect("a log file");
        let child = dateline()
            .args(["run", "--config"])
            .arg(self.config())
            .envs(environment.iter().copied())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        Worker { child }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Waits until the log holds a text, and gives the address in the line that does, if any.
    pub fn logged(&self, worker: &mut Worker, text: &str) {
        wait(
            worker,
            &format!("the log says {text}"),
            &self.path("log"),
            || self.log().contains(text).then_some(()),
        );
    }

    /// The address of the status page, once it is open.
    pub fn status_page(&self, worker: &mut Worker) -> SocketAddr {
        wait(worker, "the status page opens", &self.path("log"), || {
            let log = self.log();
            let line = log
                .lines()
                .rfind(|line| line.contains("status page open"))?;
            let value: serde_json::Value = serde_json::from_str(line).ok()?;
            let address = value
                .get("address")
                .or_else(|| value["fields"].get("address"))?;
            address.as_str()?.parse().ok()
        })
    }

    /// All records of an outlet; none while there is no ledger yet.
    pub fn records(&self, outlet: Outlet) -> Vec<PublishedRecord> {
        records(&self.ledger(), outlet)
    }

    pub fn count(&self, outlet: Outlet) -> usize {
        self.records(outlet).len()
    }

    /// Entries in the mailboxes of all sites, as the file holds them.
    pub fn waiting(&self) -> i64 {
        let file = rusqlite::Connection::open(self.ledger()).expect("a ledger");
        let count = file.query_row("SELECT count(*) FROM _entries", [], |row| row.get(0));
        count.expect("the table of entries")
    }

    /// Waits until a question has an answer.
    pub fn until<T>(&self, worker: &mut Worker, what: &str, ask: impl FnMut() -> Option<T>) -> T {
        wait(worker, what, &self.path("log"), ask)
    }

    /// Waits until an outlet holds so many records.
    pub fn until_count(&self, worker: &mut Worker, outlet: Outlet, count: usize) {
        self.until(worker, &format!("{count} {outlet}"), || {
            (self.count(outlet) >= count).then_some(())
        });
    }
}

/// All records of an outlet in commit order.
pub fn records(ledger: &Path, outlet: Outlet) -> Vec<PublishedRecord> {
    let Ok(reader) = SqliteReader::open(ledger) else {
        return Vec::new();
    };
    reader
        .read_after(outlet, Position::default(), 1_000_000)
        .unwrap_or_default()
}

/// A record as JSON.
pub fn json(record: &PublishedRecord) -> serde_json::Value {
    serde_json::from_str(&record.json).expect("records are JSON")
}

/// The built program, deaf to the environment of the tests.
pub fn dateline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dateline"));
    for name in ["DATELINE_CONFIG", "DATELINE_LOG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

fn wait<T>(worker: &mut Worker, what: &str, log: &Path, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        let ended = worker.child.try_wait().expect("a child can be waited for");
        let late = began.elapsed() > PATIENCE;
        if late || ended.is_some() {
            let log = fs::read_to_string(log).unwrap_or_default();
            let from = log.len().saturating_sub(4_000);
            let tail = &log[log.ceil_char_boundary(from)..];
            panic!("waited for: {what}; the worker ended: {ended:?}; its log ends\n{tail}");
        }
        sleep(LOOK);
    }
}

/// A running worker; it is killed when dropped.
pub struct Worker {
    child: Child,
}

impl Worker {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be waited for")
            .is_none()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Asks it to end and waits.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the worker does not end");
            sleep(LOOK);
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("a child can be waited for");
    }

    /// Resident memory in bytes, and the most it ever was.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let of = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key));
            let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            kib.unwrap_or(0) * 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.runs() {
            self.child.kill().unwrap_or_default();
            self.child.wait().map(drop).unwrap_or_default();
        }
    }
}
