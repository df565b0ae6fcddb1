//! The fields that a line can carry, each with its type.

/// What a field's bytes mean and how its value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    Text,
    /// A mail address or a user's name: the part after its last `@` is kept as a domain too.
    Address(Field),
    /// An IP address; an IPv4 address in IPv6 clothes is undressed.
    Ip,
    /// A whole number.
    Integer,
    /// A decimal number of seconds, kept as microseconds.
    Seconds,
    /// Used for keys only; never kept.
    Key,
}

macro_rules! fields {
    ($($name:ident $text:literal $kind:expr;)*) => {
        /// A field of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the names are those of the facts' columns, which `mailtrail schema` explains")]
        pub enum Field { $($name),* }

        /// Every field: its name in grammars, and its type.
        pub const FIELDS: &[(Field, &str, Type)] = &[$((Field::$name, $text, $kind)),*];
    };
}

fields! {
    QueueId "queue_id" Type::Text;
    ChildQueueId "child_queue_id" Type::Text;
    NextQueueId "next_queue_id" Type::Text;
    ParentQueueId "parent_queue_id" Type::Text;
    SessionId "session_id" Type::Text;
    Connection "connection" Type::Integer;
    Op "op" Type::Integer;
    Pid "pid" Type::Key;
    Service "service" Type::Text;
    ClientIp "client_ip" Type::Ip;
    ClientPort "client_port" Type::Integer;
    ClientName "client_name" Type::Text;
    Helo "helo" Type::Text;
    User "user" Type::Address(Field::UserDomain);
    UserDomain "user_domain" Type::Text;
    Mechanism "mechanism" Type::Text;
    TlsVersion "tls_version" Type::Text;
    TlsCipher "tls_cipher" Type::Text;
    BytesIn "bytes_in" Type::Integer;
    BytesOut "bytes_out" Type::Integer;
    Commands "commands" Type::Integer;
    Goodbye "goodbye" Type::Integer;
    Ended "ended" Type::Text;
    After "after" Type::Text;
    MessageId "message_id" Type::Text;
    Origin "origin" Type::Text;
    Sender "sender" Type::Address(Field::SenderDomain);
    SenderDomain "sender_domain" Type::Text;
    SizeBytes "size_bytes" Type::Integer;
    Recipients "recipients" Type::Integer;
    Recipient "recipient" Type::Address(Field::RecipientDomain);
    RecipientDomain "recipient_domain" Type::Text;
    OriginalRecipient "original_recipient" Type::Address(Field::OriginalDomain);
    OriginalDomain "original_domain" Type::Text;
    Transport "transport" Type::Text;
    StandIn "stand_in" Type::Integer;
    ToProgram "to_program" Type::Integer;
    ForAll "for_all" Type::Integer;
    RelayHost "relay_host" Type::Text;
    RelayIp "relay_ip" Type::Ip;
    RelayPort "relay_port" Type::Integer;
    Reuse "reuse" Type::Integer;
    Delay "delay" Type::Seconds;
    BeforeQueue "before_queue" Type::Seconds;
    InQueue "in_queue" Type::Seconds;
    Connect "connect" Type::Seconds;
    Transmit "transmit" Type::Seconds;
    Dsn "dsn" Type::Text;
    Outcome "outcome" Type::Text;
    Reply "reply" Type::Text;
    Notification "notification" Type::Text;
    Stage "stage" Type::Text;
    ReplyCode "reply_code" Type::Integer;
    Class "class" Type::Text;
    Reason "reason" Type::Text;
    Permanence "permanence" Type::Text;
    Attempts "attempts" Type::Integer;
    BindDn "bind_dn" Type::Text;
    Kind "kind" Type::Text;
    Base "base" Type::Text;
    Scope "scope" Type::Integer;
    Filter "filter" Type::Text;
    ResultCode "result_code" Type::Integer;
    Entries "entries" Type::Integer;
    Duration "duration" Type::Seconds;
    QueueTime "queue_time" Type::Seconds;
    Unindexed "unindexed" Type::Text;
    Severity "severity" Type::Text;
    Text "text" Type::Text;
    Shape "shape" Type::Text;
    Subject "subject" Type::Text;
}

impl Field {
    /// The field of this name in grammars.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, text, _)| *text == name).map(|(field, ..)| *field)
    }

    /// Its name in grammars.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// Its type.
    pub fn kind(self) -> Type {
        FIELDS[self as usize].2
    }
}

// A match keeps the set of captured fields in a `u128`.
const _: () = assert!(FIELDS.len() < 128);
