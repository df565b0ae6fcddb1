//! Logs that a Windows shell wrote down (`docker logs mail > mail.log` in PowerShell): UTF-16 with a byte order mark (RFC 2781).

use std::io::{self, Read};

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lower one.
    Low,
    /// The higher one.
    High,
}

/// Bytes that are decoded at a time.
const STEP: usize = 64 << 10;

/// Decodes UTF-16 into UTF-8.
pub(super) struct Decoder<R> {
    reader: R,
    order: Order,
    /// What is decoded, and how much of it was given out.
    text: Vec<u8>,
    given: usize,
    /// Bytes of a character of which the rest is not read yet.
    rest: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    pub fn new(reader: R, order: Order) -> Self {
        Self { reader, order, text: Vec::new(), given: 0, rest: Vec::new() }
    }

    /// Decodes some more; nothing at the end.
    fn fill(&mut self) -> io::Result<()> {
        (self.given, self.text) = (0, Vec::new());
        while self.text.is_empty() {
            let read = self.reader.by_ref().take(STEP as u64).read_to_end(&mut self.rest)?;
            if read == 0 && self.rest.is_empty() {
                return Ok(());
            }
            self.decode(read == 0);
        }
        Ok(())
    }

    /// Decodes what is read, but for what may be half a character.
    fn decode(&mut self, is_end: bool) {
        let len = self.rest.len();
        let units: Vec<u16> = self.rest.chunks_exact(2).map(|pair| self.unit(pair[0], pair[1])).collect();
        let is_half = !is_end && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        let units = &units[..units.len() - usize::from(is_half)];
        let marked = char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        let mut text: String = marked.filter(|c| *c != MARK).collect();
        let odd = is_end && len % 2 == 1;
        text.extend(odd.then_some(char::REPLACEMENT_CHARACTER));
        self.rest.drain(..if is_end { len } else { units.len() * 2 });
        self.text = text.into_bytes();
    }

    fn unit(&self, first: u8, second: u8) -> u16 {
        match self.order {
            Order::Low => u16::from_le_bytes([first, second]),
            Order::High => u16::from_be_bytes([first, second]),
        }
    }
}

/// The mark that tells the order of bytes. Appended files have one each, and a line with one in it stands for the same.
const MARK: char = '\u{feff}';

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.fill()?;
        }
        let text = &self.text[self.given..];
        let len = text.len().min(buffer.len());
        buffer[..len].copy_from_slice(&text[..len]);
        self.given += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn decoded(bytes: &[u8], order: Order) -> String {
        let text = |reader: Box<dyn Read + '_>| {
            let mut text = String::new();
            Decoder::new(reader, order).read_to_string(&mut text).map(|_| text).expect("memory holds it")
        };
        let (whole, slow) = (text(Box::new(bytes)), text(Box::new(Slow(bytes))));
        assert_eq!(whole, slow);
        whole
    }

    #[test]
    fn both_orders_are_read_and_no_half_of_a_character_is_lost_in_silence() {
        let text = "\u{feff}Nov 20 ä\u{1f980}\r\n".repeat(20_000);
        let units = || text.encode_utf16();
        let low: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let high: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        let plain = text.replace('\u{feff}', "");
        assert_eq!(decoded(&low, Order::Low), plain);
        assert_eq!(decoded(&high, Order::High), plain);
        assert_eq!(decoded(&[0xff, 0xfe, b'a', 0, 0x3e, 0xd8], Order::Low), "a\u{fffd}");
        assert_eq!(decoded(&[0xff, 0xfe, b'a', 0, b'b'], Order::Low), "a\u{fffd}");
        assert_eq!(decoded(&[0xff, 0xfe], Order::Low), "");
    }
}
