//! The layout of JSON: two spaces a level, and what belongs together on one line.

use crate::text::json_safe;
use crate::units;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// How deep objects and arrays are spread over lines; what is deeper stands on one line. This puts a row of a section,
/// a column and a log line of a finding on a line each.
const SPREAD: usize = 4;

/// Under this key each item is small enough for a line of its own.
const FLAT_ITEMS: (&str, usize) = ("measurements", 2);

/// Spreads the upper levels over lines, writes numbers without exponents, and names characters that would act on a
/// terminal by their escapes.
#[derive(Default)]
pub(in crate::render) struct Layout {
    depth: usize,
    spread: usize,
    in_key: bool,
    is_empty: bool,
}

impl Layout {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        let spread = self.is_spread() && !self.is_empty;
        self.depth -= 1;
        self.is_empty = false;
        if spread {
            self.new_line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.is_empty = false;
        match (self.is_spread(), first) {
            (true, true) => self.new_line(writer),
            (true, false) => writer.write_all(b",").and_then(|()| self.new_line(writer)),
            (false, true) => Ok(()),
            (false, false) => writer.write_all(b", "),
        }
    }

    fn is_spread(&self) -> bool {
        self.depth <= self.spread.max(1)
    }

    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\n{:1$}", "", 2 * self.depth)
    }

    /// At the top level a key says how deep what follows is spread.
    fn note_key(&mut self, key: &str) {
        if self.in_key && self.depth == 1 {
            let (flat, spread) = FLAT_ITEMS;
            self.spread = if key == flat { spread } else { SPREAD };
        }
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_key = true;
        self.next(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let text = units::exact(value).unwrap_or_else(|| "null".to_owned());
        writer.write_all(text.as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.note_key(fragment);
        writer.write_all(json_safe(fragment).as_bytes())
    }
}
