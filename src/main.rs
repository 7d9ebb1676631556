//! The `dateline` command; see [`dateline::cli`].
fn main() -> std::process::ExitCode {
    dateline::cli::run()
}
