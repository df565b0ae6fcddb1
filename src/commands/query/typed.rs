//! What standard input asks, line by line: none is too long, and none ends the others.

use std::io::{self, BufRead, Read};

/// The longest line, and the longest question of several; a longer one can lie in a file.
pub(super) const LONGEST: usize = 1 << 20;

/// How much of a line that is too long is passed over; one that is longer does not end.
const PASSED_OVER: u64 = 1 << 30;

/// A line that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its text.
    Text(String),
    /// What of it can be read, and what is wrong with it.
    Bad(String, &'static str),
}

/// The next line with its end; nothing at the end of the input. The rest of a line that is too long is passed over.
///
/// # Errors
///
/// Where the input cannot be read, or a line does not end.
pub(super) fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    input.take(LONGEST as u64).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() == LONGEST && !bytes.ends_with(b"\n") {
        if input.take(PASSED_OVER).skip_until(b'\n')? as u64 == PASSED_OVER {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a line of it does not end"));
        }
        return Ok(Some(Line::Bad(String::new(), "is longer than 1 MiB")));
    }
    Ok(Some(match String::from_utf8(bytes) {
        Ok(text) => Line::Text(text),
        Err(error) => Line::Bad(String::from_utf8_lossy(error.as_bytes()).into_owned(), "is not UTF-8"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_takes_little_memory() {
        let mut input = io::BufReader::new(io::repeat(b'x').take(64 << 20).chain(&b"\nrest"[..]));
        let lines: Vec<_> = std::iter::from_fn(|| next(&mut input).expect("it is read")).collect();
        let endless = next(&mut io::BufReader::new(io::repeat(0)));
        assert!(endless.is_err_and(|e| e.kind() == io::ErrorKind::FileTooLarge));
        assert_eq!(lines, [Line::Bad(String::new(), "is longer than 1 MiB"), Line::Text("rest".into())]);
    }
}
