//! The tables of facts: one definition from which come the rows, the columns, the Parquet schema, `mailtrail schema`
//! and the table in the documentation.

use crate::event::{NO_TEXT, TextId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// No number, no time.
pub const NULL: i64 = i64::MIN;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text, kept once in a dictionary.
    Text,
    /// A whole number.
    Integer,
    /// Microseconds since the epoch, UTC.
    Time,
    /// A duration: kept in microseconds, shown in seconds.
    Seconds,
    /// A figure in a unit of its own.
    Number,
    /// Yes or no.
    Flag,
}

impl ColumnKind {
    /// The kind as `mailtrail schema` names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Time => "time (µs since the epoch, UTC)",
            Self::Seconds => "seconds",
            Self::Number => "number",
            Self::Flag => "flag",
        }
    }
}

/// What a column says of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing: it is no text.
    Figure,
    /// Nothing: a word of ours, of a protocol, or of a machine of the site.
    Word,
    /// Whose the row is: a domain.
    Domain,
    /// Who it is: a person, a machine of theirs, a message. Figures count how many there are.
    Person,
    /// Whatever somebody wrote. No figure counts it.
    Free,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it says of people.
    pub holds: Holds,
    /// What it means.
    pub about: &'static str,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct TableDef {
    /// Its name.
    pub name: &'static str,
    /// What one row is.
    pub about: &'static str,
    /// Its columns.
    pub columns: &'static [ColumnDef],
}

/// What the columns of this name say of people; nothing where there are none.
pub fn holds(column: &str) -> Holds {
    let mut all = TABLES.iter().flat_map(|table| table.columns);
    all.find(|def| def.name == column).map_or(Holds::Word, |def| def.holds)
}

impl TableDef {
    /// The place of the column of this name.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|def| def.name == column)
    }

    /// The columns that tell whose a row is. What cannot be told apart by domain belongs to none.
    pub fn domains(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.columns.iter().filter(|def| def.holds == Holds::Domain).map(|def| def.name)
    }
}

/// A row of a table.
pub trait Row: Copy + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Its table.
    const TABLE: TableDef;

    /// For each column what it holds in a row: a text's id, a number, [`NO_TEXT`] or [`NULL`].
    const VALUES: &'static [fn(&Self) -> i64];

    /// Calls a function for each text of the row, of which [`NO_TEXT`] is one, with its column.
    fn each_named(&mut self, call: &mut dyn FnMut(&'static str, &mut TextId));

    /// The same without the columns.
    fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.each_named(&mut |_, id| call(id));
    }
}

/// What stands in a definition for the kind of a column: of a text, what it says of people, which no text goes without.
macro_rules! column {
    (word, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Text, holds: Holds::Word, about: $about }
    };
    (domain, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Text, holds: Holds::Domain, about: $about }
    };
    (person, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Text, holds: Holds::Person, about: $about }
    };
    (free, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Text, holds: Holds::Free, about: $about }
    };
    (integer, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Integer, holds: Holds::Figure, about: $about }
    };
    (time, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Time, holds: Holds::Figure, about: $about }
    };
    (seconds, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Seconds, holds: Holds::Figure, about: $about }
    };
    (flag, $name:expr, $about:expr) => {
        ColumnDef { name: $name, kind: ColumnKind::Flag, holds: Holds::Figure, about: $about }
    };
}

/// One of two things: for a kind of figures, or for a kind of texts.
macro_rules! either {
    (integer, $figure:tt, $text:tt) => {
        either!(@ $figure)
    };
    (time, $figure:tt, $text:tt) => {
        either!(@ $figure)
    };
    (seconds, $figure:tt, $text:tt) => {
        either!(@ $figure)
    };
    (flag, $figure:tt, $text:tt) => {
        either!(@ $figure)
    };
    ($text_kind:ident, $figure:tt, $text:tt) => {
        either!(@ $text)
    };
    (@ { $($chosen:tt)* }) => {
        $($chosen)*
    };
}

macro_rules! tables {
    ($($row:ident $table:literal $about:literal { $($field:ident $kind:ident $doc:literal;)* })*) => {
        $(
            #[doc = $about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $row {
                $(#[doc = $doc] pub $field: either!($kind, { i64 }, { TextId }),)*
                /// The host that wrote the line.
                pub host: TextId,
                /// The grammar that read it.
                pub system: TextId,
                /// The program that wrote it.
                pub program: TextId,
                /// The source of the line that completed the fact.
                pub source: i64,
                /// The byte of the source at which that line starts.
                pub offset: i64,
            }

            impl Default for $row {
                fn default() -> Self {
                    Self {
                        $($field: either!($kind, { NULL }, { NO_TEXT }),)*
                        host: NO_TEXT,
                        system: NO_TEXT,
                        program: NO_TEXT,
                        source: NULL,
                        offset: NULL,
                    }
                }
            }

            impl Row for $row {
                const TABLE: TableDef = TableDef {
                    name: $table,
                    about: $about,
                    columns: &[
                        $(column!($kind, stringify!($field), $doc),)*
                        column!(word, "host", "The host that wrote the line."),
                        column!(word, "system", "The grammar that read it."),
                        column!(word, "program", "The program that wrote it."),
                        column!(
                            integer,
                            "source",
                            "The source of the line that completed the fact; its place in `coverage`."
                        ),
                        column!(integer, "offset", "The byte of the source at which that line starts."),
                    ],
                };

                const VALUES: &'static [fn(&Self) -> i64] = &[
                    $(|row| i64::from(row.$field),)*
                    |row| i64::from(row.host),
                    |row| i64::from(row.system),
                    |row| i64::from(row.program),
                    |row| row.source,
                    |row| row.offset,
                ];

                fn each_named(&mut self, call: &mut dyn FnMut(&'static str, &mut TextId)) {
                    $(either!($kind, {}, { call(stringify!($field), &mut self.$field) });)*
                    call("host", &mut self.host);
                    call("system", &mut self.system);
                    call("program", &mut self.program);
                }
            }
        )*

        /// All tables.
        pub const TABLES: &[TableDef] = &[$(<$row as Row>::TABLE),*];
    };
}

tables! {
    Session "sessions" "One connection to a service." {
        time time "When it was opened; when it was first seen, where the log begins later.";
        end_time time "When it was closed.";
        duration_s seconds "How long it lasted.";
        service word "smtp, submission, submissions, lmtp, imap, pop3, sieve, ldap.";
        direction word "in: a client's connection to us; out: ours to another.";
        client_ip person "The client's address.";
        client_port integer "The client's port.";
        client_name person "The client's name by reverse look-up; `unknown` where that failed.";
        helo person "The name that the client gave (RFC 5321 4.1.1.1).";
        user person "Who authenticated.";
        user_domain domain "The domain of the user.";
        tls_version word "The TLS version; `TLS` where only its use is known.";
        tls_cipher word "The TLS cipher suite.";
        bytes_in integer "Bytes that the client sent.";
        bytes_out integer "Bytes that the client received.";
        commands integer "Commands that the client gave.";
        messages integer "Messages that it brought.";
        ended word "closed, lost, timeout, refused, dropped (no end was logged), open (at the end of the logs).";
        lost_after word "The last protocol stage of a connection that was lost or timed out.";
        session integer "Its number: the same in all facts of one session. It means nothing else.";
        open_program word "The program that wrote the line that opened it.";
        open_source integer "The source of that line.";
        open_offset integer "The byte of that source at which that line starts.";
    }
    Message "messages" "One message accepted into a queue: one life of one queue id." {
        time time "When its queue entry was opened.";
        instance word "The instance of the mail system.";
        queue_id word "Its queue id.";
        message_id person "Its Message-ID (RFC 5322 3.6.4).";
        origin word "smtp, submission, local, notification, forward, filter, requeue.";
        notification word "Of a notification: non_delivery, delay, success, postmaster.";
        client_ip person "The client that brought it.";
        client_name person "That client's name.";
        user person "Who submitted it.";
        user_domain domain "The domain of the user.";
        sender person "The envelope sender; empty for notifications.";
        sender_domain domain "The domain of the sender.";
        size_bytes integer "Its size in the queue.";
        recipients integer "Envelope recipients.";
        deferred integer "Delivery attempts that were deferred.";
        tls_version word "The TLS version of the connection that brought it.";
        end_time time "When it left the queue; where no line says so, when it was last heard of; absent while it is queued.";
        fate word "sent, bounced, expired, discarded, or removed, held, lost; absent while it is queued.";
        parent_queue_id word "The queue entry that gave birth to it.";
        subject free "Its subject, where the mail system logs it.";
        entry integer "The number of its queue entry: the same in all facts of one life. It means nothing else.";
        parent_entry integer "The number of the queue entry that gave birth to it.";
        session integer "The number of the session that brought it.";
        queued_time time "When it was complete in the queue.";
        queued_program word "The program that said so.";
        queued_source integer "The source of the line that says so.";
        queued_offset integer "The byte of that source at which that line starts.";
        end_program word "The program that said that it left the queue.";
        end_source integer "The source of the line that says so.";
        end_offset integer "The byte of that source at which that line starts.";
    }
    Delivery "deliveries" "One delivery attempt for one recipient." {
        time time "When its outcome was logged.";
        instance word "The instance of the mail system.";
        queue_id word "The message's queue id.";
        message_id person "The message's Message-ID.";
        origin word "The message's origin.";
        user person "Who submitted the message.";
        user_domain domain "The domain of the user.";
        sender person "The envelope sender.";
        sender_domain domain "The domain of the sender.";
        recipient person "The recipient after all rewriting.";
        recipient_domain domain "The domain of the recipient.";
        original_recipient person "The recipient as it was given, where it differs.";
        original_domain domain "The domain of that.";
        transport word "The delivery agent.";
        relay_host word "The host that it was handed to; `none` where there was none.";
        relay_ip word "That host's address.";
        relay_port integer "That host's port.";
        tls_version word "The TLS version of the connection to it, where the log tells.";
        tls_cipher word "The TLS cipher suite.";
        delay_s seconds "From the message's arrival to this outcome.";
        before_queue_s seconds "Of this, before the queue manager.";
        in_queue_s seconds "Of this, in the active queue.";
        connect_s seconds "Of this, to set up the connection.";
        transmit_s seconds "Of this, to transmit.";
        size_bytes integer "The message's size.";
        dsn word "The enhanced status code (RFC 3463).";
        outcome word "sent, deferred, bounced, expired, forwarded, discarded, filtered, deliverable, undeliverable.";
        reply free "What the other side, or the agent, said.";
        reason free "The reply of an attempt that did not succeed, its variable parts masked.";
        next_queue_id free "The queue id that the other side gave it.";
        entry integer "The number of the message's queue entry.";
    }
    Filing "filings" "One message put into a mailbox, or what else became of it there." {
        time time "When.";
        service word "The service that did it: lmtp, lda, imap, ...";
        user person "Whose mailbox.";
        user_domain domain "The domain of the user.";
        message_id person "The message's Message-ID.";
        session_id person "The session's id, where the server gives one.";
        outcome word "saved, failed, other (what a filter of the owner's did).";
        detail free "Where to, or what was done, in the server's words.";
    }
    Rejection "rejections" "One rejection before acceptance." {
        time time "When.";
        service word "The service that refused.";
        queue_id word "The queue id, where there was one already.";
        message_id person "The message's Message-ID, where its header was read already.";
        client_ip person "The client's address.";
        client_name person "The client's name.";
        helo person "The name that the client gave.";
        user person "Who was authenticated.";
        sender person "The envelope sender.";
        sender_domain word "The domain of the sender.";
        recipient person "The recipient.";
        recipient_domain domain "The domain of the recipient.";
        stage word "The protocol stage: CONNECT, EHLO, MAIL, RCPT, DATA, END-OF-MESSAGE, ...";
        reply_code integer "The reply code (RFC 5321 4.2).";
        dsn word "The enhanced status code (RFC 3463).";
        class word "Why, by the reject taxonomy.";
        reason free "Why, in the server's words.";
        shape free "The reason with its variable parts masked.";
        permanence word "permanent (5xx), temporary (4xx), warning (it would have been refused but was let pass).";
        session integer "The number of its session.";
    }
    Login "logins" "One attempt to authenticate." {
        time time "When its outcome was logged.";
        service word "The service that the person used.";
        client_ip person "The client's address.";
        user person "The name that was tried.";
        user_domain domain "The domain of the user.";
        mechanism word "The SASL mechanism.";
        outcome word "ok, failed, unknown_user, disabled, aborted, plaintext_refused, other.";
        reason free "What the server said.";
        tls_version word "The TLS version; `TLS` where only its use is known.";
        session_id person "The session's id, where the server gives one.";
        session integer "The number of its session.";
    }
    DirectoryOp "directory_ops" "One LDAP operation (RFC 4511)." {
        time time "When it was asked for.";
        connection integer "The number of its connection, as the server counts them.";
        op integer "Its number in the connection.";
        client_ip person "The client's address.";
        bind_dn person "As whom the connection was bound.";
        kind word "bind, search, modify, add, delete, modrdn, compare, extended, abandon, unbind.";
        base person "The entry: the search base, or the entry to be changed; the name to bind as.";
        scope integer "Of a search: 0 base, 1 one level, 2 subtree, 3 children.";
        filter free "The filter of a search.";
        result_code integer "The result code (RFC 4511 4.1.9); absent where no result was logged.";
        entries integer "Entries returned.";
        duration_s seconds "From receipt to result, as the server measured it or, where it does not, by the log's times.";
        queue_s seconds "Of this, waiting for a worker.";
        unindexed word "The attribute whose index the search missed.";
    }
    Notice "notices" "One warning, error, fatal end or panic; one confession of loss." {
        time time "When.";
        severity word "warning, error, fatal, panic.";
        class word "What does not work, where the grammar knows it: disk-full, certificate, ...; or log-loss, clock.";
        shape free "The text with its variable parts masked.";
        text free "The text.";
    }
    Measurement "measurements" "One phase of one probe." {
        time time "When.";
        target word "What was probed.";
        component word "smtp, imap, pop3, ldap, roundtrip.";
        phase word "The phase.";
        duration_s seconds "How long it took.";
        outcome word "How it went.";
        detail free "What the other side said.";
    }
    Gauge "gauges" "One reading of a resource or queue." {
        time time "When.";
        kind word "queue, disk, memory, ...";
        name word "Which one.";
        value integer "The reading.";
        unit word "Its unit.";
        limit_value integer "Its limit.";
    }
    Hop "hops" "One `Received` header (RFC 5321 4.4)." {
        time time "The header's own time.";
        message_id person "The message's Message-ID.";
        path free "The hosts of the message's way, the oldest first.";
        hop integer "Its place on the way; 1 is the oldest.";
        hop_count integer "How many hops the message has.";
        from_host person "Who handed the message over: the word behind `from`.";
        from_ip person "From which address.";
        helo person "The name that the client gave, where the program tells it apart.";
        client_name person "The client's name by reverse look-up.";
        by_host word "Who took it.";
        protocol word "The protocol (RFC 3848).";
        tls word "The TLS version, where it is told; `TLS` where only its use is known.";
        queue_id word "The id that the host gave it.";
        recipient person "For whom the host took it.";
        before_host word "Who took it on the hop before.";
        before_queue_id word "The id that it had there.";
        delay_s seconds "Since the hop before, corrected for clocks known to be wrong; absent where a clock is wrong and cannot be corrected.";
        total_s seconds "From the message's first hop to its last.";
        skewed flag "Whether the clocks of this hop and the one before disagree.";
        gap flag "Whether it does not take over from where the hop before ended.";
        loops flag "Whether the message was on this hop before.";
        forged flag "Whether it was made up: its time lies more than a day after that of the next hop.";
        file free "The file that holds the message; `offset` counts its bytes.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_a_row_can_be_read() {
        let row = Session { time: 1, service: 4, offset: 9, ..Session::default() };
        let value = |name: &str| {
            let at = Session::TABLE.place(name);
            at.map(|at| Session::VALUES[at](&row))
        };
        assert_eq!(Session::VALUES.len(), Session::TABLE.columns.len());
        assert_eq!((value("time"), value("service"), value("offset")), (Some(1), Some(4), Some(9)));
        assert_eq!((value("user"), value("end_time")), (Some(i64::from(NO_TEXT)), Some(NULL)));
    }

    #[test]
    fn what_looks_like_people_is_marked_as_such() {
        let personal = |name: &str| {
            let parts: Vec<&str> = name.split('_').collect();
            ["user", "sender", "recipient", "client", "from", "helo", "dn", "base"]
                .iter()
                .any(|w| parts.contains(w))
                || ["message_id", "session_id"].contains(&name)
        };
        let free = ["subject", "reply", "reason", "shape", "text", "detail", "filter", "path", "file"];
        for (table, column) in
            TABLES.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        {
            let name = column.name;
            let told = match column.holds {
                Holds::Figure => column.kind != ColumnKind::Text,
                Holds::Word => name.ends_with("_domain") || !personal(name) && !free.contains(&name),
                Holds::Domain => name.ends_with("_domain"),
                Holds::Person => personal(name),
                Holds::Free => free.contains(&name) || name == "next_queue_id",
            };
            assert!(told, "{}.{name} is marked as {:?}", table.name, column.holds);
            // Lines that wait carry values by name, whatever table they will be of.
            let same = |other: &&ColumnDef| (other.holds == column.holds) || name.ends_with("_domain");
            let others = TABLES.iter().flat_map(|table| table.columns).filter(|other| other.name == name);
            assert!(others.clone().all(|other| same(&other)), "{name}");
        }
    }

    #[test]
    fn tables_and_columns_have_distinct_names() {
        for (at, table) in TABLES.iter().enumerate() {
            assert!(TABLES[..at].iter().all(|other| other.name != table.name));
            for (at, column) in table.columns.iter().enumerate() {
                assert!(table.columns[..at].iter().all(|other| other.name != column.name), "{}", column.name);
            }
        }
    }
}
