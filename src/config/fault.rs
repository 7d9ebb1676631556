//! What is wrong in a file that an operator wrote, and what would be accepted.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// One thing that is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The file.
    pub file: PathBuf,
    /// Line in the file, from 1.
    pub line: usize,
    /// The key with the tables above it, e.g. `fetch.pace`; empty for a fault of the file itself.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be accepted.
    pub accepted: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.problem)?;
        if !self.accepted.is_empty() {
            write!(f, "; accepted: {}", self.accepted)?;
        }
        Ok(())
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<ConfigFault>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Refused {}

/// The fault of a file that cannot be read.
pub(crate) fn unreadable_file(path: &Path, error: &std::io::Error) -> Refused {
    Refused(vec![ConfigFault {
        file: path.to_owned(),
        line: 1,
        key: String::new(),
        problem: format!("cannot be read: {error}"),
        accepted: "a file this process may read; `dateline init` writes one".to_owned(),
    }])
}
