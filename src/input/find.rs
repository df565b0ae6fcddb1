//! From paths, patterns and folders to sources.

use super::{Inputs, Kind, Mail, Options, Source, mail, pipe};
use crate::error::{Error, Exit, Result};
use crate::frame;
use crate::text::Text;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// All sources behind the paths, in order of their names. What cannot be read is noted, and the rest goes on.
pub(super) fn sources(paths: &[PathBuf], options: &Options, inputs: &mut Inputs) -> Result<Vec<Source>> {
    let mut search = Search { options, inputs, sources: Vec::new() };
    paths.iter().try_for_each(|path| search.path(path))?;
    let mut sources = search.sources;
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    if sources.is_empty() && inputs.mail.is_empty() && inputs.problems.is_empty() {
        return Err(Error::new(Exit::NoInput, "there is nothing to read").help("name log files, folders, or `-`"));
    }
    Ok(sources)
}

/// What makes a name a pattern.
pub(super) const WILD: [char; 3] = ['*', '?', '['];

/// Whether a path of the user's stands for those that it matches: no file has that name itself.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(WILD) && path.symlink_metadata().is_err()
}

/// A search for sources.
struct Search<'a> {
    options: &'a Options,
    inputs: &'a mut Inputs,
    sources: Vec<Source>,
}

impl Search<'_> {
    /// Looks behind a path of the user's: `-`, a pattern, a folder, a file or a pipe.
    fn path(&mut self, path: &Path) -> Result<()> {
        if path.as_os_str() == "-" {
            self.keep(&name_of(path), standard_input(self.options));
        } else if is_pattern(path) {
            self.pattern(&path.to_string_lossy())?;
        } else if path.is_dir() {
            self.whole_folder(path);
        } else {
            *self.inputs.named.entry(name_of(path)).or_default() += 1;
            self.file(path);
        }
        Ok(())
    }

    /// What a pattern matches. A pipe among it is passed over: nobody may be there to write to it.
    fn pattern(&mut self, pattern: &str) -> Result<()> {
        let matches = glob::glob(pattern)
            .map_err(|e| Error::new(Exit::Usage, format!("`{pattern}` is no pattern for files")).why(e.msg))?;
        let mut any = false;
        for found in matches {
            any = true;
            match found {
                Ok(path) if path.is_dir() => self.folder(&path),
                Ok(path) if fs::metadata(&path).is_ok_and(|m| m.file_type().is_fifo()) => {
                    self.note(&path, "passed over, a pipe is read only where it is named");
                }
                Ok(path) => self.file(&path),
                Err(error) => self.keep(&name_of(error.path()), Err(io::Error::from(error.error().kind()))),
            }
        }
        if !any {
            self.inputs.problems.push(Text::from(format!("{pattern}: no file matches{}", tilde(pattern))));
        }
        Ok(())
    }

    /// One path that is no folder.
    fn file(&mut self, path: &Path) {
        let name = name_of(path);
        let source = fs::metadata(path).and_then(|metadata| self.source(&name, path, &metadata));
        self.keep(&name, source);
    }

    fn source(&self, name: &Text, path: &Path, metadata: &Metadata) -> io::Result<Source> {
        if metadata.is_file() {
            Source::of_file(name.clone(), path, self.options)
        } else if metadata.file_type().is_fifo() {
            let tell = |what: &str| (self.options.tell)(&format!("{}: {what}", name.tty()));
            Source::of_pipe(name.clone(), &mut pipe::open(path, &tell)?, metadata, self.options)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file, a folder or a pipe"))
        }
    }

    /// A folder that the user names: it should hold a log, or mail.
    fn whole_folder(&mut self, path: &Path) {
        let found = |search: &Self| (search.sources.len(), search.inputs.mail.len(), search.inputs.problems.len());
        let before = found(self);
        self.folder(path);
        if before == found(self) {
            let name = name_of(path);
            self.inputs.problems.push(Text::from(format!("{}: no file in it is a log", name.raw())));
        }
    }

    /// The logs and the mail in a folder and below it: files that hold a line with a time, Maildirs, mailboxes,
    /// messages. Others are noted. The messages of a folder are one source.
    fn folder(&mut self, path: &Path) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.keep(&name_of(path), Err(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.keep(&name_of(path), Err(error)),
            }
        }
        paths.sort();
        if mail::is_maildir(path) {
            // Beside its messages a Maildir holds folders, and what its server keeps of them.
            self.keep_mail(path, mail::maildir(path));
            paths.retain(|path| path.is_dir() && !mail::is_part_of_maildir(path));
        }
        let mut messages = Vec::new();
        for path in paths {
            match Entry::of(&path) {
                Ok(Entry::Folder) => self.folder(&path),
                Ok(Entry::File) => messages.extend(self.file_of_folder(path)),
                Ok(Entry::Other(why)) => self.note(&path, &format!("passed over, {why}")),
                Err(error) => self.keep(&name_of(&path), Err(error)),
            }
        }
        if !messages.is_empty() {
            self.keep_mail(path, Ok(messages));
        }
    }

    /// A file of a folder: kept, or noted, or handed back where it is one message.
    fn file_of_folder(&mut self, path: PathBuf) -> Option<PathBuf> {
        match Source::of_file(name_of(&path), &path, self.options) {
            Ok(source) if source.kind == Kind::Message => return Some(path),
            Ok(source) if source.len > 0 && !is_wanted(&source, self.options) => {
                self.note(&path, "passed over, no line has a time");
            }
            source => self.keep(&name_of(&path), source),
        }
        None
    }

    fn keep_mail(&mut self, path: &Path, files: io::Result<Vec<PathBuf>>) {
        let name = name_of(path);
        match files.and_then(|files| Mail::folder(name.clone(), path, files)) {
            Ok(mail) => self.inputs.mail.push(mail),
            Err(error) => self.keep(&name, Err(error)),
        }
    }

    fn keep(&mut self, name: &Text, source: io::Result<Source>) {
        match source {
            Ok(source) => self.sources.push(source),
            Err(error) => self.inputs.problems.push(problem(name, &error)),
        }
    }

    fn note(&mut self, path: &Path, what: &str) {
        self.inputs.notes.push(Text::from(format!("{}: {what}", name_of(path).raw())));
    }
}

/// What lies in a folder.
enum Entry {
    Folder,
    File,
    /// What is not read, and why.
    Other(&'static str),
}

impl Entry {
    fn of(path: &Path) -> io::Result<Self> {
        let own = fs::symlink_metadata(path)?;
        let behind = match fs::metadata(path) {
            Err(error) if own.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::Other("its link leads nowhere"));
            }
            behind => behind?,
        };
        Ok(match behind.file_type() {
            // It could lead back.
            kind if kind.is_dir() && own.is_symlink() => {
                Self::Other("a link to a folder is followed only where it is named")
            }
            kind if kind.is_dir() => Self::Folder,
            kind if kind.is_file() => Self::File,
            kind if kind.is_fifo() => Self::Other("a pipe is read only where it is named"),
            _ => Self::Other("not a file, a folder or a pipe"),
        })
    }
}

fn name_of(path: &Path) -> Text {
    Text::from_bytes(path.as_os_str().as_bytes())
}

/// What went wrong with a source, and what helps.
fn problem(name: &Text, error: &io::Error) -> Text {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => " (logs are often readable by the group `adm` or by root only)",
        io::ErrorKind::NotFound => tilde(name.raw()),
        _ => "",
    };
    Text::from(format!("{}: {error}{help}", name.raw()))
}

/// What helps where a path begins with a `~` that no shell has replaced.
fn tilde(path: &str) -> &'static str {
    if path.starts_with('~') {
        " (a `~` stands for a home folder in a shell only, and there without quotes)"
    } else {
        ""
    }
}

fn standard_input(options: &Options) -> io::Result<Source> {
    let stdin = io::stdin();
    let metadata = File::from(stdin.as_fd().try_clone_to_owned()?).metadata()?;
    Source::of_pipe(Text::from("-"), &mut stdin.lock(), &metadata, options)
}

/// Whether a file of a folder is mail or a log.
fn is_wanted(source: &Source, options: &Options) -> bool {
    source.kind != Kind::Log || looks_like_a_log(source, options)
}

/// Whether a line near the start has a time, and is not the header of a file of another kind.
fn looks_like_a_log(source: &Source, options: &Options) -> bool {
    let has_record = || source.head.split(|b| *b == b'\n').take(100).any(|line| frame::record(line).is_some());
    source.counted || has_record() || frame::first_stamp(&options.layouts, &source.head).is_some()
}
