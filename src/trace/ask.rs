//! Asking the facts for rows. This is all that a trace knows of where facts come from.

use crate::error::Result;
use crate::evidence::{self, Place};
use crate::facts::Wanted;
use crate::report::Cell;
use crate::sections::{Asker, text_literal};
use crate::text::Text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A table as a trace asks for it.
#[derive(Debug)]
pub(super) struct Table {
    pub name: &'static str,
    columns: &'static [&'static str],
    /// What makes the order of its rows total, behind time and place.
    order: &'static [&'static str],
}

/// Columns of every table.
const COMMON: [&str; 6] = ["time", "host", "system", "program", "source", "offset"];

#[rustfmt::skip]
pub(super) static MESSAGES: Table = Table {
    name: "messages",
    columns: &[
        "entry", "parent_entry", "session", "instance", "queue_id", "message_id", "subject", "origin", "notification",
        "client_ip", "client_name", "user", "user_domain", "sender", "sender_domain", "size_bytes", "recipients",
        "queued_time", "queued_program", "queued_source", "queued_offset", "end_time", "end_program", "end_source", "end_offset", "fate",
        "parent_queue_id",
    ],
    order: &["entry"],
};

#[rustfmt::skip]
pub(super) static DELIVERIES: Table = Table {
    name: "deliveries",
    columns: &[
        "entry", "instance", "queue_id", "message_id", "origin", "user", "sender", "sender_domain", "recipient",
        "recipient_domain", "original_recipient", "transport", "relay_host", "relay_ip", "relay_port", "delay_s", "size_bytes",
        "dsn", "outcome", "reply", "reason", "next_queue_id", "tls_version", "tls_cipher",
    ],
    order: &["recipient", "original_recipient"],
};

pub(super) static FILINGS: Table = Table {
    name: "filings",
    columns: &["service", "user", "user_domain", "message_id", "session_id", "outcome", "detail"],
    order: &["user"],
};

#[rustfmt::skip]
pub(super) static REJECTIONS: Table = Table {
    name: "rejections",
    columns: &[
        "session", "service", "queue_id", "message_id", "client_ip", "client_name", "user", "sender", "sender_domain", "recipient",
        "recipient_domain", "stage", "reply_code", "dsn", "reason", "permanence",
    ],
    order: &["recipient"],
};

pub(super) static LOGINS: Table = Table {
    name: "logins",
    columns: &[
        "session",
        "session_id",
        "service",
        "client_ip",
        "user",
        "user_domain",
        "mechanism",
        "outcome",
        "reason",
    ],
    order: &["user"],
};

#[rustfmt::skip]
pub(super) static SESSIONS: Table = Table {
    name: "sessions",
    columns: &[
        "session", "end_time", "service", "client_ip", "client_name", "user", "user_domain", "bytes_in", "bytes_out", "ended",
        "lost_after", "open_program", "open_source", "open_offset",
    ],
    order: &["session"],
};

/// The columns that a trace may ask for.
pub(super) fn wanted() -> Wanted {
    let tables = [&MESSAGES, &DELIVERIES, &FILINGS, &REJECTIONS, &LOGINS, &SESSIONS];
    let questions = tables.map(|table| table.question("TRUE"));
    Wanted::of(questions.iter().map(String::as_str))
}

impl Table {
    fn question(&self, condition: &str) -> String {
        let columns = self.columns.iter().chain(&COMMON).map(|column| format!("x.{column}"));
        let order = ["time", "source", "offset"].iter().chain(self.order).map(|column| format!("x.{column}"));
        let (columns, order): (Vec<_>, Vec<_>) = (columns.collect(), order.collect());
        let (columns, order) = (columns.join(", "), order.join(", "));
        format!("SELECT {columns} FROM {} x WHERE {condition} ORDER BY {order}", self.name)
    }

    /// The rows of which a condition holds, in order of time and place.
    pub fn rows(&self, asker: &Asker<'_>, condition: &str) -> Result<Vec<Row>> {
        let answer = asker.ask(&self.question(condition))?;
        let columns: Arc<[String]> = answer.columns.clone().into();
        let rows = answer.rows(usize::MAX).into_iter();
        Ok(rows.map(|cells| Row { columns: columns.clone(), cells }).collect())
    }

    /// The rows whose column holds one of these literals; asked in as many questions as it takes.
    pub fn rows_in(&self, asker: &Asker<'_>, column: &str, literals: &BTreeSet<String>) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for part in parts(literals) {
            rows.extend(self.rows(asker, &format!("x.{column} IN ({part})"))?);
        }
        Ok(rows)
    }
}

/// Room for literals in a question; what else stands in one takes less than the rest of what the gate lets pass.
const ROOM: usize = 5 << 10;

/// The longest text that is looked for.
pub(super) const LONGEST: usize = 1 << 10;

/// Literals in lists that are short enough for a question.
fn parts(literals: &BTreeSet<String>) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for literal in literals.iter().filter(|literal| literal.len() <= ROOM) {
        match parts.last_mut() {
            Some(part) if part.len() + literal.len() + 2 <= ROOM => {
                part.push_str(", ");
                part.push_str(literal);
            }
            _ => parts.push(literal.clone()),
        }
    }
    parts
}

/// Texts as literals. A text that is longer than any id is not looked for.
pub(super) fn literals<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    let texts = texts.into_iter().filter(|text| !text.is_empty() && text.len() <= LONGEST);
    texts.map(text_literal).collect()
}

/// Numbers as literals.
pub(super) fn numbers<'n>(numbers: impl IntoIterator<Item = &'n i64>) -> BTreeSet<String> {
    numbers.into_iter().map(ToString::to_string).collect()
}

/// A fact.
#[derive(Clone, Debug)]
pub(super) struct Row {
    columns: Arc<[String]>,
    cells: Vec<Cell>,
}

impl Row {
    fn cell(&self, column: &str) -> Option<&Cell> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.cells.get(at)
    }

    /// Whether it is of a table with this column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// A text; nothing where there is none.
    pub fn text(&self, column: &str) -> Option<Text> {
        if let Cell::Text(text) = self.cell(column)? { Some(text.clone()) } else { None }
    }

    /// The text itself; empty where there is none.
    pub fn raw(&self, column: &str) -> &str {
        if let Some(Cell::Text(text)) = self.cell(column) { text.raw() } else { "" }
    }

    /// Whether a column holds this text.
    pub fn is(&self, column: &str, text: &str) -> bool {
        self.raw(column) == text
    }

    /// A whole number, or a time.
    pub fn integer(&self, column: &str) -> Option<i64> {
        if let Cell::Integer(number) = self.cell(column)? { Some(*number) } else { None }
    }

    /// A duration in seconds.
    pub fn seconds(&self, column: &str) -> Option<f64> {
        self.cell(column)?.number()
    }

    /// The place of the line that completed it, or of another line: `open_`, `queued_`, `end_`.
    pub fn place(&self, line: &str) -> Option<Place> {
        evidence::place(self.integer(&format!("{line}source"))?, self.integer(&format!("{line}offset"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::check;
    use crate::time::Zone;

    #[test]
    fn every_question_passes_the_gate() {
        for table in [&MESSAGES, &DELIVERIES, &FILINGS, &REJECTIONS, &LOGINS, &SESSIONS] {
            let needs = check(&table.question("1 = 1"), &Zone::utc()).expect("it passes");
            assert!(table.columns.iter().all(|column| needs.columns().contains(*column)));
            assert_eq!(needs.tables.into_iter().collect::<Vec<_>>(), [table.name]);
        }
    }

    #[test]
    fn lists_are_cut_into_questions() {
        let texts: Vec<String> = (0..2_000).map(|n| format!("4Xk{n:08}z2")).collect();
        let literals = literals(texts.iter().map(String::as_str));
        let parts = parts(&literals);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= ROOM));
        assert_eq!(parts.iter().map(|part| part.split(", ").count()).sum::<usize>(), 2_000);
    }
}
