//! Pipes that the user names: somebody must write to them, and nobody may be there.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a pipe that gives nothing is waited for without a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much longer somebody who opens a pipe to write is waited for. Behind `<(zcat mail.log.gz)` one is there from the
/// start; a pipe that was forgotten must not hold up a run of the night for ever.
const LONGER: Duration = Duration::from_secs(9);

/// How much is read at first.
const FIRST: usize = 64 << 10;

/// Opens a pipe and waits for the first of its bytes; what is waited for is told. Once it has a writer it is waited for
/// as long as that one takes.
///
/// # Errors
///
/// Where it cannot be opened or read, or nobody opens it to write.
pub(super) fn open(path: &Path, tell: &dyn Fn(&str)) -> io::Result<impl Read + use<>> {
    let path = path.to_owned();
    let untold = || tell("waiting for somebody to write to this pipe");
    let opened = wait(move || File::open(path), Some(LONGER), &untold);
    let nobody = || io::Error::new(io::ErrorKind::TimedOut, "nobody writes to this pipe");
    let mut file = opened.unwrap_or_else(|| Err(nobody()))?;
    let first = move || {
        let mut bytes = vec![0; FIRST];
        let got = loop {
            match file.read(&mut bytes) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.truncate(got);
        Ok::<_, io::Error>((bytes, file))
    };
    let read = wait(first, None, &|| tell("waiting for the first bytes out of this pipe"));
    let (bytes, rest) = read.unwrap_or_else(|| Err(nobody()))?;
    Ok(Cursor::new(bytes).chain(rest))
}

/// Waits for what blocks and cannot be broken off: another thread does it, and is left behind if it takes too long.
fn wait<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
    longer: Option<Duration>,
    tell: &dyn Fn(),
) -> Option<T> {
    let (done, waited) = mpsc::channel();
    thread::spawn(move || done.send(job()));
    if let Ok(done) = waited.recv_timeout(PATIENCE) {
        return Some(done);
    }
    tell();
    match longer {
        Some(longer) => waited.recv_timeout(longer).ok(),
        None => waited.recv().ok(),
    }
}
