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
            Self::Flag => "flag",
        }
    }
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
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

impl TableDef {
    /// The place of the column of this name.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|def| def.name == column)
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

macro_rules! each {
    (text $field:expr, $name:expr, $call:ident) => {
        $call($name, &mut $field)
    };
    ($other:ident $field:expr, $name:expr, $call:ident) => {};
}

macro_rules! kind {
    (text) => {
        TextId
    };
    ($other:ident) => {
        i64
    };
}

macro_rules! empty {
    (text) => {
        NO_TEXT
    };
    ($other:ident) => {
        NULL
    };
}

macro_rules! column_kind {
    (text) => {
        ColumnKind::Text
    };
    (integer) => {
        ColumnKind::Integer
    };
    (time) => {
        ColumnKind::Time
    };
    (seconds) => {
        ColumnKind::Seconds
    };
    (flag) => {
        ColumnKind::Flag
    };
}

macro_rules! tables {
    ($($row:ident $table:literal $about:literal { $($field:ident $kind:ident $doc:literal;)* })*) => {
        $(
            #[doc = $about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $row {
                $(#[doc = $doc] pub $field: kind!($kind),)*
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
                        $($field: empty!($kind),)*
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
                        $(ColumnDef { name: stringify!($field), kind: column_kind!($kind), about: $doc },)*
                        ColumnDef { name: "host", kind: ColumnKind::Text, about: "The host that wrote the line." },
                        ColumnDef { name: "system", kind: ColumnKind::Text, about: "The grammar that read it." },
                        ColumnDef { name: "program", kind: ColumnKind::Text, about: "The program that wrote it." },
                        ColumnDef {
                            name: "source",
                            kind: ColumnKind::Integer,
                            about: "The source of the line that completed the fact; its place in `coverage`.",
                        },
                        ColumnDef {
                            name: "offset",
                            kind: ColumnKind::Integer,
                            about: "The byte of the source at which that line starts.",
                        },
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
                    $(each!($kind self.$field, stringify!($field), call);)*
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
        service text "smtp, submission, submissions, lmtp, imap, pop3, sieve, ldap.";
        direction text "in: a client's connection to us; out: ours to another.";
        client_ip text "The client's address.";
        client_port integer "The client's port.";
        client_name text "The client's name by reverse look-up; `unknown` where that failed.";
        helo text "The name that the client gave (RFC 5321 4.1.1.1).";
        user text "Who authenticated.";
        user_domain text "The domain of the user.";
        tls_version text "The TLS version; `TLS` where only its use is known.";
        tls_cipher text "The TLS cipher suite.";
        bytes_in integer "Bytes that the client sent.";
        bytes_out integer "Bytes that the client received.";
        commands integer "Commands that the client gave.";
        messages integer "Messages that it brought.";
        ended text "closed, lost, timeout, refused, dropped (no end was logged), open (at the end of the logs).";
        lost_after text "The last protocol stage of a connection that was lost or timed out.";
        session integer "Its number: the same in all facts of one session. It means nothing else.";
        open_program text "The program that wrote the line that opened it.";
        open_source integer "The source of that line.";
        open_offset integer "The byte of that source at which that line starts.";
    }
    Message "messages" "One message accepted into a queue: one life of one queue id." {
        time time "When its queue entry was opened.";
        instance text "The instance of the mail system.";
        queue_id text "Its queue id.";
        message_id text "Its Message-ID (RFC 5322 3.6.4).";
        origin text "smtp, submission, local, notification, forward, filter.";
        notification text "Of a notification: non_delivery, delay, success, postmaster.";
        client_ip text "The client that brought it.";
        client_name text "That client's name.";
        user text "Who submitted it.";
        user_domain text "The domain of the user.";
        sender text "The envelope sender; empty for notifications.";
        sender_domain text "The domain of the sender.";
        size_bytes integer "Its size in the queue.";
        recipients integer "Envelope recipients.";
        deferred integer "Delivery attempts that were deferred.";
        tls_version text "The TLS version of the connection that brought it.";
        end_time time "When it left the queue.";
        fate text "sent, bounced, expired, discarded, or removed, held; absent while it is queued.";
        parent_queue_id text "The queue entry that gave birth to it.";
        subject text "Its subject, where the mail system logs it.";
        entry integer "The number of its queue entry: the same in all facts of one life. It means nothing else.";
        parent_entry integer "The number of the queue entry that gave birth to it.";
        session integer "The number of the session that brought it.";
        queued_time time "When it was complete in the queue.";
        queued_program text "The program that said so.";
        queued_source integer "The source of the line that says so.";
        queued_offset integer "The byte of that source at which that line starts.";
        end_program text "The program that said that it left the queue.";
        end_source integer "The source of the line that says so.";
        end_offset integer "The byte of that source at which that line starts.";
    }
    Delivery "deliveries" "One delivery attempt for one recipient." {
        time time "When its outcome was logged.";
        instance text "The instance of the mail system.";
        queue_id text "The message's queue id.";
        message_id text "The message's Message-ID.";
        origin text "The message's origin.";
        user text "Who submitted the message.";
        sender text "The envelope sender.";
        sender_domain text "The domain of the sender.";
        recipient text "The recipient after all rewriting.";
        recipient_domain text "The domain of the recipient.";
        original_recipient text "The recipient as it was given, where it differs.";
        transport text "The delivery agent.";
        relay_host text "The host that it was handed to; `none` where there was none.";
        relay_ip text "That host's address.";
        relay_port integer "That host's port.";
        delay_s seconds "From the message's arrival to this outcome.";
        before_queue_s seconds "Of this, before the queue manager.";
        in_queue_s seconds "Of this, in the active queue.";
        connect_s seconds "Of this, to set up the connection.";
        transmit_s seconds "Of this, to transmit.";
        size_bytes integer "The message's size.";
        dsn text "The enhanced status code (RFC 3463).";
        outcome text "sent, deferred, bounced, expired, forwarded, discarded, filtered, deliverable, undeliverable.";
        reply text "What the other side, or the agent, said.";
        reason text "The reply of an attempt that did not succeed, its variable parts masked.";
        next_queue_id text "The queue id that the other side gave it.";
        entry integer "The number of the message's queue entry.";
    }
    Filing "filings" "One message put into a mailbox, or what else became of it there." {
        time time "When.";
        service text "The service that did it: lmtp, lda, imap, ...";
        user text "Whose mailbox.";
        user_domain text "The domain of the user.";
        message_id text "The message's Message-ID.";
        session_id text "The session's id, where the server gives one.";
        outcome text "saved, failed, other (what a filter of the owner's did).";
        detail text "Where to, or what was done, in the server's words.";
    }
    Rejection "rejections" "One rejection before acceptance." {
        time time "When.";
        service text "The service that refused.";
        queue_id text "The queue id, where there was one already.";
        client_ip text "The client's address.";
        client_name text "The client's name.";
        helo text "The name that the client gave.";
        user text "Who was authenticated.";
        sender text "The envelope sender.";
        sender_domain text "The domain of the sender.";
        recipient text "The recipient.";
        recipient_domain text "The domain of the recipient.";
        stage text "The protocol stage: CONNECT, EHLO, MAIL, RCPT, DATA, END-OF-MESSAGE, ...";
        reply_code integer "The reply code (RFC 5321 4.2).";
        dsn text "The enhanced status code (RFC 3463).";
        class text "Why, by the reject taxonomy.";
        reason text "Why, in the server's words.";
        shape text "The reason with its variable parts masked.";
        permanence text "permanent (5xx), temporary (4xx), warning (it would have been refused but was let pass).";
        session integer "The number of its session.";
    }
    Login "logins" "One attempt to authenticate." {
        time time "When its outcome was logged.";
        service text "The service that the person used.";
        client_ip text "The client's address.";
        user text "The name that was tried.";
        user_domain text "The domain of the user.";
        mechanism text "The SASL mechanism.";
        outcome text "ok, failed, unknown_user, disabled, aborted, plaintext_refused, other.";
        reason text "What the server said.";
        tls_version text "The TLS version; `TLS` where only its use is known.";
        session_id text "The session's id, where the server gives one.";
        session integer "The number of its session.";
    }
    DirectoryOp "directory_ops" "One LDAP operation (RFC 4511)." {
        time time "When it was asked for.";
        client_ip text "The client's address.";
        bind_dn text "As whom the connection was bound.";
        kind text "bind, search, modify, add, delete, modrdn, compare, extended, abandon, unbind.";
        base text "The entry: the search base, or the entry to be changed; the name to bind as.";
        scope integer "Of a search: 0 base, 1 one level, 2 subtree, 3 children.";
        filter text "The filter of a search.";
        result_code integer "The result code (RFC 4511 4.1.9); absent where no result was logged.";
        entries integer "Entries returned.";
        duration_s seconds "From receipt to result, as the server measured it or, where it does not, by the log's times.";
        queue_s seconds "Of this, waiting for a worker.";
        unindexed text "The attribute whose index the search missed.";
    }
    Notice "notices" "One warning, error, fatal end or panic; one confession of loss." {
        time time "When.";
        severity text "warning, error, fatal, panic.";
        class text "log-loss, clock, ..., where the grammar knows it.";
        shape text "The text with its variable parts masked.";
        text text "The text.";
    }
    Measurement "measurements" "One phase of one probe." {
        time time "When.";
        target text "What was probed.";
        component text "smtp, imap, pop3, ldap, roundtrip.";
        phase text "The phase.";
        duration_s seconds "How long it took.";
        outcome text "How it went.";
        detail text "What the other side said.";
    }
    Gauge "gauges" "One reading of a resource or queue." {
        time time "When.";
        kind text "queue, disk, memory, ...";
        name text "Which one.";
        value integer "The reading.";
        unit text "Its unit.";
        limit_value integer "Its limit.";
    }
    Hop "hops" "One `Received` header (RFC 5321 4.4)." {
        time time "The header's own time.";
        message_id text "The message's Message-ID.";
        path text "The hosts of the message's way, the oldest first.";
        hop integer "Its place on the way; 1 is the oldest.";
        hop_count integer "How many hops the message has.";
        from_host text "Who handed the message over: the word behind `from`.";
        from_ip text "From which address.";
        helo text "The name that the client gave, where the program tells it apart.";
        client_name text "The client's name by reverse look-up.";
        by_host text "Who took it.";
        protocol text "The protocol (RFC 3848).";
        tls text "The TLS version, where it is told; `TLS` where only its use is known.";
        queue_id text "The id that the host gave it.";
        recipient text "For whom the host took it.";
        before_host text "Who took it on the hop before.";
        before_queue_id text "The id that it had there.";
        delay_s seconds "Since the hop before, corrected for clocks known to be wrong; absent where a clock is wrong and cannot be corrected.";
        total_s seconds "From the message's first hop to its last.";
        skewed flag "Whether the clocks of this hop and the one before disagree.";
        gap flag "Whether it does not take over from where the hop before ended.";
        loops flag "Whether the message was on this hop before.";
        forged flag "Whether it was made up: its time lies more than a day after that of the next hop.";
        file text "The file that holds the message; `offset` counts its bytes.";
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
    fn tables_and_columns_have_distinct_names() {
        for (at, table) in TABLES.iter().enumerate() {
            assert!(TABLES[..at].iter().all(|other| other.name != table.name));
            for (at, column) in table.columns.iter().enumerate() {
                assert!(table.columns[..at].iter().all(|other| other.name != column.name), "{}", column.name);
            }
        }
    }
}
