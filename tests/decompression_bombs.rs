//! Bodies of a gigabyte packed small: what they cost, in a process of its own, since it reads the memory of its process.

use std::{env, fs, io::Write, process::Command};

use dateline::fetch::{Accept, Budget, Dial, FetchError, Fetcher, Policy, Request};

use crate::support::raw_site::{RawSite, answer};

/// Decoded size of each bomb.
const BLOCKS: usize = 1024;
static BLOCK: [u8; 1024 * 1024] = [0; 1024 * 1024];
/// What a bomb may cost.
const MAX_MORE_KIB: u64 = 20 * 1024;
/// Set in the process that measures itself.
const ALONE: &str = "DATELINE_BOMBS_ALONE";

fn filled<W: Write>(mut packer: W) -> W {
    for _ in 0..BLOCKS {
        packer.write_all(&BLOCK).expect("a vector takes all");
    }
    packer
}

fn bombs() -> [(&'static str, Vec<u8>); 4] {
    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };
    let zstd = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("a level of zstd");
    let mut br = Vec::new();
    drop(filled(brotli::CompressorWriter::new(&mut br, 4096, 1, 20)));
    [
        (
            "gzip",
            filled(GzEncoder::new(Vec::new(), Compression::fast()))
                .finish()
                .expect("a vector takes all"),
        ),
        (
            "deflate",
            filled(ZlibEncoder::new(Vec::new(), Compression::fast()))
                .finish()
                .expect("a vector takes all"),
        ),
        ("zstd", filled(zstd).finish().expect("a vector takes all")),
        ("br", br),
    ]
}

/// Forgets the peak so far: proc(5), clear_refs.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux lets a process forget its peak");
}

/// The most memory this process held since then, KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells a process its memory");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("a line with the peak");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

/// Runs the test of this file in a process of its own: the tests beside it would count.
fn run_alone() {
    let output = Command::new(env::current_exe().expect("a test knows its own file"))
        .args([
            "--exact",
            "decompression_bombs::four_bombs_of_a_gigabyte_are_refused_under_20_mb",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .output()
        .expect("the test itself can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    #[allow(clippy::print_stdout, reason = "the figures of the promise")]
    {
        println!("{said}");
    }
    let refused = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{refused}"
    );
}

#[tokio::test]
async fn four_bombs_of_a_gigabyte_are_refused_under_20_mb() {
    if env::var_os(ALONE).is_none() {
        return run_alone();
    }
    let mut policy = Policy::new("dateline-test");
    policy.private = vec!["127.0.0.2/32".parse().expect("a range")];
    let fetcher = Fetcher::new(policy).expect("a policy that can be used");
    for (encoding, packed) in bombs() {
        let heads = format!("Content-Encoding: {encoding}\r\n");
        let sent = packed.len();
        let small = sent <= Budget::FEED.max_bytes;
        assert!(
            small,
            "{encoding}: {sent} bytes would be refused for their size alone"
        );
        let site = RawSite::saying([127, 0, 0, 2], answer("200 OK", &heads, &packed)).await;
        drop(packed);
        forget_peak();
        let before = peak_kib();
        let url = site.url("/");
        let request = Request {
            url: &url,
            budget: Budget::FEED,
            validators: None,
            accept: Accept::Feed,
            cookies: None,
            dial: Dial::default(),
        };
        let result = fetcher.get(request).await;
        assert!(
            matches!(result, Err(FetchError::Bomb { .. })),
            "{encoding}: {result:?}"
        );
        let more = peak_kib().saturating_sub(before);
        #[allow(clippy::print_stdout, reason = "the figure of the promise")]
        {
            println!("{encoding}: {sent} bytes for 1 GiB, {more} KiB more memory");
        }
        assert!(more < MAX_MORE_KIB, "{encoding}: {more} KiB");
    }
}
