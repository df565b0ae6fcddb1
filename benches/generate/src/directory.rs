//! The directory server, which runs slapd with `loglevel stats`.

use crate::clock::{Micros, SECOND, seconds};
use crate::dice::{Dice, Weighted};
use crate::names::mailbox_address;
use crate::network::port;
use crate::pools::Descriptors;
use crate::timeline::Host;
use crate::truth::{Count, connection, directory_error, lost, operation};
use crate::words::{FIRST_NAMES, LAST_NAMES};
use crate::world::World;

/// Connections of the servers, which stay.
const STAYING: usize = 24;
/// Searches on one of them until it is opened anew: lowest and highest number.
const SEARCHES: (u64, u64) = (2_000, 6_000);
/// Share of the starts that are a search on one of them.
const STAYING_STARTS: f64 = 0.62;

/// Shares of the short connections.
const STARTTLS: f64 = 0.25;
const ANONYMOUS: f64 = 0.06;
const WRONG_PASSWORD: f64 = 0.015;
/// Operations on a short connection: lowest and highest number.
const OPERATIONS: &Weighted<(u64, u64)> = &[(60.0, (1, 2)), (30.0, (3, 5)), (10.0, (6, 10))];

/// Medians of operation times in seconds, and the shape of all.
const READ_TIME: f64 = 190e-6;
const WRITE_TIME: f64 = 2.1e-3;
const SIGMA: f64 = 0.8;

#[derive(Clone, Copy)]
enum Operation {
    Search,
    Modify,
    WhoAmI,
    Compare,
    Password,
    Abandon,
    Add,
    Delete,
    Rename,
}

const OPERATION_MIX: &Weighted<Operation> = &[
    (84.0, Operation::Search),
    (5.0, Operation::Modify),
    (4.0, Operation::WhoAmI),
    (2.0, Operation::Compare),
    (2.0, Operation::Password),
    (1.0, Operation::Abandon),
    (0.8, Operation::Add),
    (0.6, Operation::Delete),
    (0.6, Operation::Rename),
];

#[derive(Clone, Copy)]
enum Close {
    Unbind,
    Lost,
    Idle,
}

const CLOSES: &Weighted<Close> = &[(94.0, Close::Unbind), (4.5, Close::Lost), (1.5, Close::Idle)];
/// `idletimeout`
const IDLE_TIMEOUT: Micros = 240 * SECOND;

/// What the result of an operation says: code and text.
type Outcome = (&'static str, &'static str);

const SUCCESS: Outcome = ("0", "");
const SEARCH_RESULTS: &Weighted<Outcome> = &[(99.0, SUCCESS), (0.8, ("32", "")), (0.2, ("4", ""))];
const COMPARE_RESULTS: &Weighted<Outcome> = &[(60.0, ("6", "")), (40.0, ("5", ""))];
const WRITE_RESULTS: &Weighted<Outcome> = &[(98.5, SUCCESS), (1.5, ("50", "no write access to parent"))];

/// Result codes that are no errors.
const NO_ERRORS: [&str; 4] = ["0", "5", "6", "14"];

/// What our servers ask for: the attribute they search by, and those they want.
const ATTRIBUTES: &Weighted<(&str, &str)> = &[
    (45.0, ("mail", "uid mail mailQuota homeDirectory")),
    (25.0, ("uid", "mail userPassword")),
    (20.0, ("mailAlternateAddress", "mail mailForwardingAddress")),
    (10.0, ("cn", "cn sn mail telephoneNumber")),
];

const BASE: &str = "ou=people,dc=mail,dc=example";
/// The process of slapd and the address it listens at.
const PID: u32 = 658;
const PORT: u16 = 389;

/// The directory server.
pub struct Directory {
    descriptors: Descriptors,
    connections: u64,
    staying: Vec<Connection>,
}

/// A connection to the directory server.
struct Connection {
    number: u64,
    descriptor: u32,
    /// The number of the next operation.
    operation: u64,
    /// Searches until a staying connection ends.
    left: u64,
    at: Micros,
}

impl Directory {
    pub fn new(dice: &mut Dice) -> Self {
        Self { descriptors: Descriptors::default(), connections: dice.between(1_000, 9_000), staying: Vec::new() }
    }
}

impl World {
    pub fn open_staying_connections(&mut self) {
        for number in 0..STAYING {
            let connection = self.open_staying(number as Micros * 40_000, number);
            self.directory.staying.push(connection);
        }
    }

    pub fn start_directory(&mut self, at: Micros) {
        if self.dice.chance(STAYING_STARTS) { self.search_on_staying(at) } else { self.connect_shortly(at) }
    }

    fn open_staying(&mut self, at: Micros, number: usize) -> Connection {
        let host = [Host::Mx1, Host::Mx2, Host::Store1][number % 3];
        let mut connection = self.connect_to_directory(at, host.address());
        let dn = format!("cn={},ou=services,dc=mail,dc=example", host.name());
        self.bind(&mut connection, &dn, false);
        connection.left = self.dice.between(SEARCHES.0, SEARCHES.1);
        connection
    }

    /// One search on one of the connections that stay.
    fn search_on_staying(&mut self, at: Micros) {
        let number = self.dice.below(STAYING as u64) as usize;
        let mut connection = self.directory.staying.swap_remove(number);
        connection.at = connection.at.max(at);
        self.search(&mut connection);
        connection.left -= 1;
        if connection.left == 0 {
            let end = connection.at;
            self.unbind(connection);
            connection = self.open_staying(end + SECOND / 10, number);
        }
        self.directory.staying.push(connection);
    }

    fn connect_shortly(&mut self, at: Micros) {
        let address = format!("192.0.2.{}", self.dice.between(64, 127));
        let mut connection = self.connect_to_directory(at, &address);
        if self.dice.chance(STARTTLS) {
            self.start_tls(&mut connection);
        }
        if self.bind_somebody(&mut connection) {
            let (low, high) = self.dice.weighted(OPERATIONS);
            for _ in 0..self.dice.between(low, high) {
                self.operate(&mut connection);
            }
        }
        match self.dice.weighted(CLOSES) {
            Close::Unbind => self.unbind(connection),
            Close::Lost => self.close(connection, " (connection lost)", &[lost("ldap", "CONNECT", "lost")]),
            Close::Idle => {
                connection.at += IDLE_TIMEOUT;
                self.close(connection, " (idletimeout)", &[lost("ldap", "CONNECT", "timeout")]);
            }
        }
    }

    fn connect_to_directory(&mut self, at: Micros, address: &str) -> Connection {
        self.directory.connections += 1;
        let (number, descriptor) = (self.directory.connections, self.directory.descriptors.take(at));
        let port = port(&mut self.dice);
        let here = Host::Ldap1.address();
        let connected = Connection { number, descriptor, operation: 0, left: 0, at };
        let text = format!("fd={descriptor} ACCEPT from IP={address}:{port} (IP={here}:{PORT})");
        self.slapd(&connected, &text, &[connection("ldap")]);
        connected
    }

    fn slapd(&mut self, connection: &Connection, text: &str, counts: &[Count]) {
        let text = format!("slapd[{PID}]: conn={} {text}", connection.number);
        self.out.say(connection.at, Host::Ldap1, text, counts);
    }

    fn say_operation(&mut self, connection: &Connection, text: &str, counts: &[Count]) {
        self.slapd(connection, &format!("op={} {text}", connection.operation), counts);
    }

    /// A request: its first line is counted, the second tells more.
    fn request(&mut self, connection: &mut Connection, kind: &'static str, text: &str, more: Option<&str>) {
        connection.at += seconds(self.dice.exponential(0.0008)) + 1;
        self.say_operation(connection, text, &[operation(kind)]);
        if let Some(more) = more {
            self.say_operation(connection, more, &[]);
        }
    }

    /// The result of the operation, after a time with this median.
    fn result(
        &mut self,
        connection: &mut Connection,
        head: &str,
        outcome: Outcome,
        median: f64,
        entries: Option<u64>,
    ) {
        let (code, text) = outcome;
        let (queued, took) = (self.dice.log_normal(9e-6, 0.5), self.dice.log_normal(median, SIGMA));
        connection.at += seconds(queued + took) + 1;
        let entries = entries.map_or(String::new(), |number| format!("nentries={number} "));
        let line = format!("{head} err={code} qtime={queued:.6} etime={:.6} {entries}text={text}", queued + took);
        let counts = [directory_error(code)];
        self.say_operation(connection, &line, if NO_ERRORS.contains(&code) { &[] } else { &counts });
        connection.operation += 1;
    }

    fn start_tls(&mut self, connection: &mut Connection) {
        self.request(connection, "extended", "EXT oid=1.3.6.1.4.1.1466.20037", Some("STARTTLS"));
        self.result(connection, "RESULT oid=", SUCCESS, READ_TIME / 4.0, None);
        connection.at += seconds(self.dice.log_normal(0.003, 0.5));
        let tls = "TLS established tls_ssf=256 ssf=256 tls_proto=TLSv1.3 tls_cipher=TLS_AES_256_GCM_SHA384";
        self.slapd(connection, &format!("fd={} {tls}", connection.descriptor), &[]);
    }

    /// Whether the bind succeeds.
    fn bind_somebody(&mut self, connection: &mut Connection) -> bool {
        if self.dice.chance(ANONYMOUS) {
            self.request(connection, "bind", "BIND dn=\"\" method=128", None);
            self.result(connection, "RESULT tag=97", SUCCESS, READ_TIME / 4.0, None);
            return true;
        }
        let wrong = self.dice.chance(WRONG_PASSWORD);
        let dn = self.entry();
        self.bind(connection, &dn, wrong);
        !wrong
    }

    fn bind(&mut self, connection: &mut Connection, dn: &str, wrong: bool) {
        let ask = format!("BIND dn=\"{dn}\" method=128");
        let taken = format!("BIND dn=\"{dn}\" mech=SIMPLE bind_ssf=0 ssf=0");
        self.request(connection, "bind", &ask, (!wrong).then_some(&taken));
        let outcome = if wrong { ("49", "") } else { SUCCESS };
        self.result(connection, "RESULT tag=97", outcome, READ_TIME, None);
    }

    /// The name of somebody's entry.
    fn entry(&mut self) -> String {
        let user = mailbox_address(self.names.mailbox(&mut self.dice));
        format!("uid={},{BASE}", user.split('@').next().unwrap_or_default())
    }

    /// The name of an entry that is made or goes away.
    fn passing_entry(&mut self) -> String {
        let (first, last) = (self.dice.pick(&FIRST_NAMES), self.dice.pick(&LAST_NAMES));
        format!("uid={first}.{last}{},{BASE}", self.dice.below(1_000))
    }

    fn operate(&mut self, connection: &mut Connection) {
        connection.at += seconds(self.dice.log_normal(0.004, 1.0));
        match self.dice.weighted(OPERATION_MIX) {
            Operation::Search => self.search(connection),
            Operation::WhoAmI => {
                self.extend(connection, "EXT oid=1.3.6.1.4.1.4203.1.11.3", "WHOAMI", READ_TIME / 4.0)
            }
            Operation::Password => self.change_password(connection),
            Operation::Compare => self.compare(connection),
            Operation::Abandon => self.abandon(connection),
            Operation::Modify => self.modify(connection),
            Operation::Add => self.write(connection, "add", "ADD", "RESULT tag=105"),
            Operation::Delete => self.write(connection, "delete", "DEL", "RESULT tag=107"),
            Operation::Rename => self.write(connection, "modrdn", "MODRDN", "RESULT tag=109"),
        }
    }

    fn search(&mut self, connection: &mut Connection) {
        let (by, wanted) = self.dice.weighted(ATTRIBUTES);
        let user = mailbox_address(self.names.mailbox(&mut self.dice));
        let text = format!(
            "SRCH base=\"{BASE}\" scope=2 deref=0 filter=\"(&(objectClass=mailUser)({by}={user})(status=active))\""
        );
        self.request(connection, "search", &text, Some(&format!("SRCH attr={wanted}")));
        let outcome = self.dice.weighted(SEARCH_RESULTS);
        let entries = match outcome.0 {
            "0" => u64::from(self.dice.chance(0.8)),
            "4" => 500,
            _ => 0,
        };
        self.result(connection, "SEARCH RESULT tag=101", outcome, READ_TIME, Some(entries));
    }

    fn compare(&mut self, connection: &mut Connection) {
        let text = format!("CMP dn=\"{}\" attr=\"mailStatus\"", self.entry());
        self.request(connection, "compare", &text, None);
        let outcome = self.dice.weighted(COMPARE_RESULTS);
        self.result(connection, "RESULT tag=111", outcome, READ_TIME, None);
    }

    fn modify(&mut self, connection: &mut Connection) {
        let text = format!("MOD dn=\"{}\"", self.entry());
        self.request(connection, "modify", &text, Some("MOD attr=mailQuota"));
        let outcome = self.dice.weighted(WRITE_RESULTS);
        self.result(connection, "RESULT tag=103", outcome, WRITE_TIME, None);
    }

    fn write(&mut self, connection: &mut Connection, kind: &'static str, verb: &str, head: &str) {
        let text = format!("{verb} dn=\"{}\"", self.passing_entry());
        self.request(connection, kind, &text, None);
        let outcome = self.dice.weighted(WRITE_RESULTS);
        self.result(connection, head, outcome, WRITE_TIME, None);
    }

    fn extend(&mut self, connection: &mut Connection, text: &str, more: &str, median: f64) {
        self.request(connection, "extended", text, Some(more));
        self.result(connection, "RESULT oid=", SUCCESS, median, None);
    }

    fn change_password(&mut self, connection: &mut Connection) {
        let more = format!("PASSMOD id=\"{}\" new", self.entry());
        self.extend(connection, "EXT oid=1.3.6.1.4.1.4203.1.11.1", &more, WRITE_TIME);
    }

    /// The operation that is abandoned is over already; an abandon has no result.
    fn abandon(&mut self, connection: &mut Connection) {
        let text = format!("ABANDON msg={}", connection.operation);
        self.request(connection, "abandon", &text, None);
        connection.operation += 1;
    }

    fn unbind(&mut self, mut connection: Connection) {
        connection.at += seconds(self.dice.log_normal(0.002, 1.0));
        self.request(&mut connection, "unbind", "UNBIND", None);
        self.close(connection, "", &[]);
    }

    fn close(&mut self, mut connection: Connection, reason: &str, counts: &[Count]) {
        connection.at += 20;
        self.slapd(&connection, &format!("fd={} closed{reason}", connection.descriptor), counts);
        self.directory.descriptors.give_back(connection.descriptor, connection.at);
    }
}
