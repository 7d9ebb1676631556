//! Runs a command that must succeed.

use std::process::Command;

/// What a command writes, which must succeed.
pub(crate) fn output(command: &mut Command) -> Vec<u8> {
    let done = command.output().expect("the binary runs");
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    done.stdout
}
