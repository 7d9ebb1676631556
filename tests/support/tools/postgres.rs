//! A real PostgreSQL in a folder of its own, behind a socket there; ended when dropped.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// It is up, and a query has its answer, within this.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    server: Child,
}

impl Postgres {
    /// Makes a cluster and starts it; `None` where PostgreSQL is not installed, which is said.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            super::missing("PostgreSQL (package postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder in it");
        // The server refuses to run as root.
        if is_root() {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("our own");
            let owned = Command::new("chown")
                .args(["-R", "postgres"])
                .arg(folder.path())
                .status();
            assert!(owned.is_ok_and(|status| status.success()), "chown");
        }
        let made = as_user(&programs.join("initdb"))
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "initdb");
        let server = as_user(&programs.join("postgres"))
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let postgres = Self {
            programs,
            folder,
            server,
        };
        postgres.until("SELECT 1", &["1".to_owned()]);
        Some(postgres)
    }

    /// What a client connects with.
    pub fn address(&self) -> String {
        format!(
            "host={} dbname=postgres user=postgres",
            self.folder.path().display()
        )
    }

    /// The rows of a query, columns between bars; none while it fails.
    pub fn ask(&self, query: &str) -> Vec<String> {
        let out = Command::new(self.programs.join("psql"))
            .args(["-X", "-A", "-t", "-d", &self.address(), "-c", query])
            .output()
            .expect("psql starts");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until a query gives these rows.
    pub fn until(&self, query: &str, expected: &[String]) {
        let began = Instant::now();
        loop {
            let rows = self.ask(query);
            if rows == expected {
                return;
            }
            let missing = || expected.iter().filter(|row| !rows.contains(row));
            assert!(
                began.elapsed() < PATIENCE,
                "{query}: {} rows, not {}; missing {:?}",
                rows.len(),
                expected.len(),
                missing().take(10).collect::<Vec<_>>()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // An immediate shutdown: what is in the folder goes with it.
        let id = self.server.id().to_string();
        drop(Command::new("kill").args(["-QUIT", &id]).status());
        self.server.wait().map(drop).unwrap_or_default();
    }
}

/// The newest version installed where Debian puts it, else on the search path.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut all: Vec<PathBuf> = debian
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    all.extend(std::env::split_paths(&path));
    let version = |folder: &PathBuf| {
        let parent = folder.parent().and_then(Path::file_name);
        parent
            .and_then(|name| name.to_string_lossy().parse::<u32>().ok())
            .unwrap_or(0)
    };
    let whole = all
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file());
    whole.max_by_key(version)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A program of the server, as a user that is not root and with the process that waits for it.
fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
        .arg(program);
    command
}
