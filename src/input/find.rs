//! From paths, patterns and folders to sources.

use super::{Inputs, Kind, Mail, Options, Source, mail};
use crate::error::{Error, Exit, Result};
use crate::frame;
use crate::text::Text;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// All sources behind the paths, in order of their names. What cannot be read is noted, and the rest goes on.
pub(super) fn sources(paths: &[PathBuf], options: &Options, inputs: &mut Inputs) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            keep(&name_of(path), standard_input(options), &mut sources, inputs);
        } else {
            for found in expand(path)? {
                file(&found, options, &mut sources, inputs);
            }
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    if sources.is_empty() && inputs.mail.is_empty() && inputs.problems.is_empty() {
        return Err(Error::new(Exit::NoInput, "there is nothing to read").help("name log files, folders, or `-`"));
    }
    Ok(sources)
}

fn name_of(path: &Path) -> Text {
    Text::from_bytes(path.as_os_str().as_bytes())
}

fn keep(name: &Text, source: io::Result<Source>, sources: &mut Vec<Source>, inputs: &mut Inputs) {
    match source {
        Ok(source) => sources.push(source),
        Err(error) => inputs.problems.push(problem(name, &error)),
    }
}

/// What went wrong with a source, and what helps.
fn problem(name: &Text, error: &io::Error) -> Text {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => " (logs are often readable by the group `adm` or by root only)",
        _ => "",
    };
    Text::from(format!("{}: {error}{help}", name.raw()))
}

fn standard_input(options: &Options) -> io::Result<Source> {
    let stdin = io::stdin();
    let metadata = fs::File::from(stdin.as_fd().try_clone_to_owned()?).metadata()?;
    Source::of_pipe(Text::from("-"), &mut stdin.lock(), &metadata, options)
}

/// The paths behind one: itself, or what a pattern matches.
fn expand(path: &Path) -> Result<Vec<PathBuf>> {
    let text = path.to_string_lossy();
    if path.symlink_metadata().is_ok() || !text.contains(['*', '?', '[']) {
        return Ok(vec![path.to_owned()]);
    }
    let matches = glob::glob(&text)
        .map_err(|e| Error::new(Exit::Usage, format!("`{text}` is no pattern for files")).why(e.msg))?;
    let found: Vec<_> = matches.filter_map(std::result::Result::ok).collect();
    if found.is_empty() {
        return Err(Error::new(Exit::NoInput, format!("no file matches `{text}`")));
    }
    Ok(found)
}

/// Looks at one path: a folder's files, a file, or a pipe.
fn file(path: &Path, options: &Options, sources: &mut Vec<Source>, inputs: &mut Inputs) {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return inputs.problems.push(problem(&name_of(path), &error)),
    };
    if metadata.is_dir() {
        return folder(path, options, sources, inputs);
    }
    let source = if metadata.is_file() {
        Source::of_file(name_of(path), path, options)
    } else if is_pipe(&metadata) {
        fs::File::open(path).and_then(|mut f| Source::of_pipe(name_of(path), &mut f, &metadata, options))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file, a folder or a pipe"))
    };
    keep(&name_of(path), source, sources, inputs);
}

fn is_pipe(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

/// The logs and the mail in a folder and below it: files that hold a line with a time, Maildirs, mailboxes, messages.
/// Others are noted. The messages of a folder are one source.
fn folder(path: &Path, options: &Options, sources: &mut Vec<Source>, inputs: &mut Inputs) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return inputs.problems.push(problem(&name_of(path), &error)),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_maildir = mail::is_maildir(path);
    if is_maildir {
        keep_mail(path, mail::maildir(path), inputs);
    }
    let mut messages = Vec::new();
    for path in paths {
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            if !(is_maildir && mail::is_part_of_maildir(&path)) {
                folder(&path, options, sources, inputs);
            }
        // Beside its messages a Maildir holds what its server keeps of them.
        } else if !is_maildir && fs::metadata(&path).is_ok_and(|m| m.is_file()) {
            match Source::of_file(name_of(&path), &path, options) {
                Ok(source) if source.kind == Kind::Message => messages.push(path),
                Ok(source)
                    if source.kind == Kind::Log && source.len > 0 && !looks_like_a_log(&source, options) =>
                {
                    inputs
                        .notes
                        .push(Text::from(format!("{}: passed over, no line has a time", source.name.raw())));
                }
                source => keep(&name_of(&path), source, sources, inputs),
            }
        }
    }
    if !messages.is_empty() {
        keep_mail(path, Ok(messages), inputs);
    }
}

fn keep_mail(path: &Path, files: io::Result<Vec<PathBuf>>, inputs: &mut Inputs) {
    let name = name_of(path);
    match files.and_then(|files| Mail::folder(name.clone(), path, files)) {
        Ok(mail) => inputs.mail.push(mail),
        Err(error) => inputs.problems.push(problem(&name, &error)),
    }
}

/// Whether a line near the start has a time, and is not the header of a file of another kind.
fn looks_like_a_log(source: &Source, options: &Options) -> bool {
    let has_record = || source.head.split(|b| *b == b'\n').take(100).any(|line| frame::record(line).is_some());
    source.counted || has_record() || frame::first_stamp(&options.layouts, &source.head).is_some()
}
