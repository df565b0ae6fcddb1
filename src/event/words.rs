//! The fixed words: labels of metrics, outcomes, stages. They have the same id in every dictionary.

macro_rules! words {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A fixed word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        #[expect(missing_docs, reason = "each stands for its text, and is documented with the metrics and columns that hold it")]
        pub enum Word { $($name),* }

        impl Word {
            /// All words, in the order of their ids.
            pub const ALL: &'static [&'static str] = &[$($text),*];
        }
    };
}

words! {
    // services
    Smtp = "smtp", Submission = "submission", Submissions = "submissions", Lmtp = "lmtp", Imap = "imap", Pop3 = "pop3",
    Sieve = "sieve", Ldap = "ldap",
    // origins of messages
    Local = "local", Notification = "notification", Forward = "forward", Filter = "filter",
    // directions and ends of sessions
    In = "in", Out = "out", Closed = "closed", Lost = "lost", Timeout = "timeout", Refused = "refused", Open = "open",
    Dropped = "dropped",
    // stages
    Connect = "CONNECT", Ehlo = "EHLO", Starttls = "STARTTLS", Auth = "AUTH", Mail = "MAIL", Rcpt = "RCPT", Data = "DATA",
    EndOfMessage = "END-OF-MESSAGE", Rset = "RSET", Quit = "QUIT", Unknown = "UNKNOWN", Login = "LOGIN",
    // outcomes of deliveries and fates of messages
    Sent = "sent", Deferred = "deferred", Bounced = "bounced", Expired = "expired", Forwarded = "forwarded",
    Discarded = "discarded", Filtered = "filtered", Deliverable = "deliverable", Undeliverable = "undeliverable",
    Rejected = "rejected", Saved = "saved", Aborted = "aborted", Removed = "removed", Held = "held", Queued = "queued",
    // outcomes of logins
    Ok = "ok", Failed = "failed", UnknownUser = "unknown_user", Disabled = "disabled",
    PlaintextRefused = "plaintext_refused", Other = "other",
    // permanence of rejections
    Permanent = "permanent", Temporary = "temporary", Warning = "warning",
    // kinds of notifications
    NonDelivery = "non_delivery", Delay = "delay", Success = "success", Postmaster = "postmaster",
    // severities
    Error = "error", Fatal = "fatal", Panic = "panic",
    // classes of notices that findings ask for
    LogLoss = "log-loss", Clock = "clock", Unindexed = "unindexed", Gap = "gap",
    // kinds of directory operations
    Bind = "bind", Search = "search", Modify = "modify", Add = "add", Delete = "delete", Modrdn = "modrdn",
    Compare = "compare", Extended = "extended", Abandon = "abandon", Unbind = "unbind",
    // small words
    NoQueue = "NOQUEUE", NoRelay = "none", Yes = "yes", Tls = "TLS",
    // classes of rejections that the engine itself gives
    Protocol = "protocol",
}

impl Word {
    /// How many there are.
    #[expect(clippy::cast_possible_truncation, reason = "they are a hundred or so")]
    pub const COUNT: u32 = Self::ALL.len() as u32;

    /// Its id in every dictionary.
    pub const fn id(self) -> super::TextId {
        self as u32
    }

    /// Its id as a field's value.
    pub const fn value(self) -> i64 {
        self as i64
    }

    /// Its text.
    pub fn text(self) -> &'static str {
        Self::ALL[self as usize]
    }
}

/// Whether this text is the id of a fixed word.
pub fn is_word(id: super::TextId) -> bool {
    id < Word::COUNT
}
