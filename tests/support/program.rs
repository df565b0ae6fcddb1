//! The program in a fresh folder: files, arguments, environment and standard input in; standard output, standard error,
//! exit code and files compared whole. What is not expected must not appear.

use super::golden;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// When the files of a test were last written, unless it says otherwise: 2026-11-24 23:00:00 UTC.
pub const WRITTEN: u64 = 1_795_561_200;

/// A run of the program and what it must do.
pub struct Test {
    folder: TempDir,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Option<Vec<u8>>,
    stdout: Expected,
    stderr: Expected,
    status: i32,
    files: Vec<(String, Expected)>,
}

enum Expected {
    Text(String),
    Golden(String),
    Anything,
}

impl Expected {
    fn check(&self, what: &str, actual: &[u8]) {
        match self {
            Self::Text(text) => golden::same(what, text.as_bytes(), actual),
            Self::Golden(name) => golden::check(name, actual),
            Self::Anything => {}
        }
    }
}

impl Test {
    /// The program with these arguments, separated by blanks; nothing may be said, and all must go well.
    pub fn new(args: &str) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            args: args.split_whitespace().map(str::to_owned).collect(),
            env: Vec::new(),
            stdin: None,
            stdout: Expected::Text(String::new()),
            stderr: Expected::Text(String::new()),
            status: 0,
            files: Vec::new(),
        }
    }

    /// One more argument, which may hold blanks.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A file in the folder.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.file_of(name, content, WRITTEN)
    }

    /// A file in the folder that was last written then, in seconds since the epoch.
    pub fn file_of(self, name: &str, content: impl AsRef<[u8]>, written: u64) -> Self {
        write(&self.folder.path().join(name), content.as_ref(), written);
        self
    }

    /// A variable of the environment; only these, `PATH`, `HOME`, `TZ` and `LANG` are there.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What is on standard input.
    pub fn stdin(mut self, content: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(content.as_ref().to_vec());
        self
    }

    /// The whole standard output.
    pub fn stdout(mut self, text: &str) -> Self {
        self.stdout = Expected::Text(text.to_owned());
        self
    }

    /// The golden of the whole standard output.
    pub fn stdout_golden(mut self, name: &str) -> Self {
        self.stdout = Expected::Golden(name.to_owned());
        self
    }

    /// The standard output is checked by the caller.
    pub fn any_stdout(mut self) -> Self {
        self.stdout = Expected::Anything;
        self
    }

    /// The whole standard error.
    pub fn stderr(mut self, text: &str) -> Self {
        self.stderr = Expected::Text(text.to_owned());
        self
    }

    /// The golden of the whole standard error.
    pub fn stderr_golden(mut self, name: &str) -> Self {
        self.stderr = Expected::Golden(name.to_owned());
        self
    }

    /// The standard error is checked by the caller.
    pub fn any_stderr(mut self) -> Self {
        self.stderr = Expected::Anything;
        self
    }

    /// The exit code.
    pub fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// The golden of a file that the run leaves.
    pub fn leaves(mut self, name: &str, golden: &str) -> Self {
        self.files.push((name.to_owned(), Expected::Golden(golden.to_owned())));
        self
    }

    /// Runs it and compares.
    pub fn run(self) -> Done {
        let output = self.output();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(self.status),
            "mailtrail {}: exit code\n{told}",
            self.args.join(" ")
        );
        self.stderr.check("standard error", &output.stderr);
        self.stdout.check("standard output", &output.stdout);
        for (name, expected) in &self.files {
            let content = fs::read(self.folder.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            expected.check(name, &content);
        }
        Done { folder: self.folder, output }
    }

    fn output(&self) -> Output {
        let mut child = self
            .command()
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let feeder = self.stdin.clone().and_then(|content| {
            let mut stdin = child.stdin.take()?;
            Some(std::thread::spawn(move || {
                let _ = stdin.write_all(&content);
            }))
        });
        let output = child.wait_with_output().expect("the program ends");
        if let Some(feeder) = feeder {
            feeder.join().expect("standard input is fed");
        }
        output
    }

    /// The command, for tests that run it their own way.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .args(&self.args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A run that did what it must.
pub struct Done {
    folder: TempDir,
    output: Output,
}

impl Done {
    /// What it wrote to standard output.
    pub fn stdout(&self) -> &[u8] {
        &self.output.stdout
    }

    /// What it wrote to standard error.
    pub fn stderr(&self) -> &[u8] {
        &self.output.stderr
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).expect("standard output is JSON")
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The program under test.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_mailtrail")
}

/// Writes a file, with its folders, as if it had been written then.
pub fn write(path: &Path, content: &[u8], written: u64) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders are made");
    let mut file = fs::File::create(path).expect("the file is made");
    file.write_all(content).expect("the file is written");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(written)).expect("its time is set");
}
