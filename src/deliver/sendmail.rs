//! Delivery by the machine's own `sendmail` command, which every mail server brings.

use super::{Carrier, Outcome};
use crate::text::shown;
use lettre::Address;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of what the command says that are kept.
const MOST_SAID: u64 = 2_000;

/// Codes of `sysexits.h` with which the command says that this message will never be taken: `EX_DATAERR`,
/// `EX_NOUSER`, `EX_NOHOST`.
const REFUSED: [i32; 3] = [65, 67, 68];

/// The command.
#[derive(Clone, Debug)]
pub struct Sendmail {
    /// Its path.
    pub command: PathBuf,
    /// What it may take.
    pub timeout: Duration,
}

impl Carrier for Sendmail {
    /// The recipients stand in the message (`-t`), since an argument could be seen by others and taken for an option;
    /// a dot alone is a line like any other (`-i`).
    fn carry(&self, message: &[u8], from: &Address, to: &[Address]) -> Outcome {
        match self.run(message, from) {
            Ok((status, _)) if status.success() => Outcome::accepted(to),
            Ok((status, said)) if status.code().is_some_and(|code| REFUSED.contains(&code)) => {
                Outcome::refused(to, &self.told(&said, status))
            }
            Ok((status, said)) => Outcome::later(to, &self.told(&said, status)),
            Err(why) => Outcome::later(to, &format!("{}: {why}", self.command.display())),
        }
    }
}

impl Sendmail {
    fn told(&self, said: &str, status: ExitStatus) -> String {
        let said = if said.trim().is_empty() { status.to_string() } else { said.trim().to_owned() };
        format!("{}: {}", self.command.display(), shown(&said))
    }

    fn run(&self, message: &[u8], from: &Address) -> std::io::Result<(ExitStatus, String)> {
        let mut child = Command::new(&self.command)
            .args(["-i", "-t", "-f"])
            .arg(from)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // The command wants the line ends of its machine.
        let message: Vec<u8> = message.iter().copied().filter(|b| *b != b'\r').collect();
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let feeder = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&message)));
        let listener = thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(MOST_SAID).read_to_end(&mut said);
            }
            String::from_utf8_lossy(&said).into_owned()
        });
        let status = self.wait(&mut child)?;
        let _ = feeder.join();
        Ok((status, listener.join().unwrap_or_default()))
    }

    /// Waits for the command to end, and ends it where it takes too long.
    fn wait(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        let deadline = Instant::now() + self.timeout;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                child.kill()?;
                child.wait()?;
                return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "it takes too long"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}
