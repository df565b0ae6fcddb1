//! mailtrail's reading of `Received` headers beside mail-parser's full parse, on the same messages, in one run.
//!
//!     cargo run --release --manifest-path benches/headers/Cargo.toml -- FOLDER...
//!
//! Each folder's files are taken as messages (mailboxes are left out). The first row of a folder is of messages that lie
//! in memory; the second of files, which both open and read themselves, out of the page cache: mail-parser needs the
//! whole file, we the header block. A round reads all messages by the one and then by the other, on one thread, so that
//! a noisy machine disturbs both alike. What is printed is a table for `benches/runs`.

use mail_parser::MessageParser;
use mailtrail::headers;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ROUNDS: usize = 11;

/// How often a round reads all messages: the kernel tells processor time by ticks.
const REPEATED: u32 = 20;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    println!(
        "| messages | of | bytes | ours, median (least to most) | mail-parser, median (least to most) | ratio |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for folder in &folders {
        let mut messages = Vec::new();
        collect(Path::new(folder), &mut messages);
        let (paths, messages): (Vec<PathBuf>, Vec<Vec<u8>>) = messages.into_iter().unzip();
        let name = Path::new(folder).file_name().unwrap_or_default().to_string_lossy();
        let bytes: usize = messages.iter().map(Vec::len).sum();
        let parser = MessageParser::default();
        let parts = |message: &[u8]| parser.parse(message).map_or(0, |message| message.parts.len());
        let ours = |message: &Vec<u8>| headers::of_message(message).hops.len();
        compare(&format!("{} | {name}, in memory | {bytes}", messages.len()), &messages, ours, |m| parts(m));
        let ours = |path: &PathBuf| headers::of_path(path).map_or(0, |message| message.hops.len());
        let theirs = |path: &PathBuf| std::fs::read(path).map_or(0, |message| parts(&message));
        compare(&format!("{} | {name}, files | {bytes}", paths.len()), &paths, ours, theirs);
    }
}

/// The files that begin with a `Received` header somewhere in their first lines.
fn collect(folder: &Path, messages: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, messages);
        } else if let Ok(bytes) = std::fs::read(&path)
            && !bytes.starts_with(b"From ")
            && bytes.windows(10).take(4096).any(|text| text == b"\nReceived:")
        {
            messages.push((path, bytes));
        }
    }
}

fn compare<M>(what: &str, messages: &[M], our: impl Fn(&M) -> usize, their: impl Fn(&M) -> usize) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(messages, &our));
        theirs.push(timed(messages, &their));
    }
    let ((our, our_text), (their, their_text)) = (told(ours), told(theirs));
    println!("| {what} | {our_text} | {their_text} | {:.1} |", their / our);
}

/// Processor time of the thread: what others do on the machine does not count.
fn timed<M>(messages: &[M], read: impl Fn(&M) -> usize) -> Duration {
    let started = on_processor();
    for _ in 0..REPEATED {
        for message in messages {
            black_box(read(black_box(message)));
        }
    }
    (on_processor() - started) / REPEATED
}

/// How long this thread has been on a processor (proc(5), schedstat).
fn on_processor() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("nanoseconds"))
}

/// The median in milliseconds, and the three figures in words.
fn told(mut times: Vec<Duration>) -> (f64, String) {
    times.sort();
    let millis = |at: usize| times[at].as_secs_f64() * 1e3;
    let median = millis(times.len() / 2);
    (median, format!("{median:.2} ms ({:.2} to {:.2})", millis(0), millis(times.len() - 1)))
}
