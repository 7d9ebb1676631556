//! The `dateline` command; see [`dateline::cli`].
fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
