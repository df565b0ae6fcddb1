//! Attempts to authenticate: what lines of several processes say of one attempt is joined, and each attempt counts once.

use super::Line;
use super::claims::Claims;
use super::open::{Keyed, entries, first_if, in_order};
use super::session::{OUT_OF_ORDER, tls};
use crate::event::{Field, NO_TEXT, TextId, Word};
use crate::facts::Facts;
use crate::facts::schema::{Login, Session};
use crate::time::{HOUR, SECOND};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// How long what is said of an attempt waits for the line that reports it.
const NOTES: i64 = HOUR;

/// How long at least a server keeps a failed attempt waiting for its answer: what is said sooner is said of the same one
/// (Dovecot's `auth_failure_delay` of two seconds, counted in whole seconds: src/auth/auth-request-handler.c).
const ANSWER: i64 = SECOND;

/// The most attempts that one line may stand for; more is no truth but a forgery.
const MOST_ATTEMPTS: i64 = 1_000;

/// Attempts that are not told yet, and what was said of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Logins {
    #[serde(with = "entries")]
    notes: Keyed<Notes>,
    noting: BTreeSet<(i64, u64)>,
    /// Attempts that failed, of which another process may just be saying why. (Serialized by `Carry` behind the main state,
    /// as what follows is.)
    #[serde(skip)]
    pub failing: VecDeque<Failed>,
    /// Attempts that were refused since the connection was in clear, by their session: its last line says whose they were.
    #[serde(skip)]
    pub refused: Refused,
}

/// Refused attempts by the key of their session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Refused(#[serde(with = "entries")] Keyed<Vec<Login>>);

/// What other lines said of a session's attempts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Notes {
    /// When something was said last.
    last: i64,
    wrong_password: bool,
    unknown_user: bool,
    /// Attempts of this session that were told already.
    told: i64,
    /// Attempts that lines of other processes told of, those about one attempt as one: told with the session's own line.
    tried: Vec<Login>,
}

/// Attempts that one line told of, all alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failed {
    row: Login,
    times: u64,
    /// Keys by which other lines speak of them: the session's, the person's.
    keys: [u64; 2],
}

impl Notes {
    /// Takes what a line says of an attempt: of the last one, or of one more.
    fn take(&mut self, row: Login, facts: &Facts) {
        let same = self.tried.pop_if(|last| is_of_user(last, &row, facts) && is_one(last, &row, facts));
        let failed = same.map(|last| last.outcome).filter(|outcome| *outcome == Word::Failed.id());
        self.tried.push(Login { outcome: failed.unwrap_or(row.outcome), ..row });
    }
}

impl Logins {
    /// Says of an attempt why it failed, before or after the line that reports it.
    pub fn note(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.fail_before(line.event.time, facts);
        // Without a session's id the person and the address must do.
        let of_session = line.text(Field::SessionId) != NO_TEXT;
        let key = if of_session { line.event.key } else { line.event.other };
        if key == 0 {
            return;
        }
        let notes = self.noted(key, line.event.time);
        notes.wrong_password |= line.is(Field::Outcome, Word::Failed);
        notes.unknown_user |= line.is(Field::Outcome, Word::UnknownUser);
        if of_session {
            notes.take(login_row(line, &Session::default(), line.text(Field::Outcome)), facts);
        }
    }

    /// What is said of a session's or a person's attempts, of which something is said now.
    fn noted(&mut self, key: u64, time: i64) -> &mut Notes {
        self.noting.insert((time, key));
        let notes = self.notes.entry(key).or_default();
        notes.last = notes.last.max(time);
        notes
    }

    /// One or more attempts of a session, as this row; those that were told already do not count again.
    pub fn attempt(&mut self, line: &Line<'_>, row: Login, claims: &mut Claims, facts: &mut Facts) {
        let number = line.raw(Field::Attempts);
        let attempts = number.unwrap_or(1).clamp(0, MOST_ATTEMPTS);
        self.fail_before(line.event.time, facts);
        let keys = [line.event.key, line.event.other];
        let told = self.said(keys).filter(|_| number.is_some()).map_or(0, |notes| notes.told);
        let rows = claims.of(u64::try_from(attempts - told).unwrap_or(0));
        let counted = number.map(|_| rows);
        let before = self.before(keys[0], &row, counted, facts);
        before.iter().for_each(|tried| facts.push(tried));
        // Those before a success no other line counts; of others this line may tell how many there were.
        let among = if row.outcome == Word::Ok.id() || counted.is_none() { 0 } else { before.len() as u64 };
        let times = rows.saturating_sub(among);
        // A line that counts attempts is the session's last one, and says whose they were.
        if row.outcome == Word::PlaintextRefused.id() && counted.is_none() {
            self.refuse(line, row, times);
            return;
        }
        self.refused_of(keys[0], &row, facts);
        if row.outcome == Word::Failed.id() {
            self.failing.push_back(Failed { row, times, keys });
        } else {
            (0..times).for_each(|_| facts.push(&row));
        }
    }

    /// An attempt is refused, since the connection is in clear. The line does not say whose it was.
    fn refuse(&mut self, line: &Line<'_>, row: Login, times: u64) {
        self.noted(line.event.key, line.event.time).told += 1;
        self.refused.0.entry(line.event.key).or_default().extend((0..times).map(|_| row));
    }

    /// Tells the refused attempts of a session of which a line says more.
    fn refused_of(&mut self, key: u64, last: &Login, facts: &mut Facts) {
        for mut row in self.refused.0.remove(&key).unwrap_or_default() {
            if row.user == NO_TEXT {
                (row.user, row.user_domain) = (last.user, last.user_domain);
            }
            row.session = last.session;
            facts.push(&row);
        }
    }

    /// What was said of a session's attempts, else of a person's.
    fn said(&self, keys: [u64; 2]) -> Option<&Notes> {
        keys.iter().find_map(|key| self.notes.get(key))
    }

    /// Tells the attempts that failed long enough ago, or by a clock that was wrong.
    fn fail_before(&mut self, now: i64, facts: &mut Facts) {
        let is_due = |failed: &mut Failed| now.abs_diff(failed.row.time) > OUT_OF_ORDER.unsigned_abs();
        while let Some(failed) = self.failing.pop_front_if(is_due) {
            self.fail(failed, facts);
        }
    }

    /// Tells attempts that failed, with what was said of them.
    fn fail(&self, Failed { mut row, times, keys }: Failed, facts: &mut Facts) {
        if self.said(keys).is_some_and(|notes| notes.unknown_user && !notes.wrong_password) {
            row.outcome = Word::UnknownUser.id();
        }
        (0..times).for_each(|_| facts.push(&row));
    }

    /// The attempts of a session before its last one, of those that a line may count, as far as others told them.
    fn before(&mut self, key: u64, last: &Login, counted: Option<u64>, facts: &Facts) -> Vec<Login> {
        if last.outcome == Word::PlaintextRefused.id() {
            return Vec::new();
        }
        let mut tried = self.notes.get_mut(&key).map(|notes| std::mem::take(&mut notes.tried)).unwrap_or_default();
        let is_ok = last.outcome == Word::Ok.id();
        let counted = counted.filter(|_| !is_ok).map(|counted| usize::try_from(counted).unwrap_or(usize::MAX));
        let all_told = counted.is_some_and(|counted| tried.len() >= counted);
        let is_last = |tried: &mut Login| all_told || is_of_last(tried, last, counted.is_some(), facts);
        tried.pop_if(is_last);
        // Nobody who logs in is unknown: what was said before came of databases that did not know him.
        while is_ok && tried.pop_if(|tried| is_unknown(tried) && is_of_user(tried, last, facts)).is_some() {}
        let most = counted.map_or(tried.len(), |counted| counted.saturating_sub(1));
        tried.drain(..tried.len().saturating_sub(most));
        let Login { service, tls_version, session, .. } = *last;
        tried.into_iter().map(|row| Login { service, tls_version, session, ..row }).collect()
    }

    /// Tells what has waited long enough, and forgets what was said long ago.
    pub fn sweep(&mut self, now: i64, facts: &mut Facts) {
        self.fail_before(now, facts);
        let mut refused = Refused::default();
        while let Some((time, key)) = first_if(&mut self.noting, |(time, _)| now - time >= NOTES) {
            if self.notes.get(&key).is_some_and(|notes| notes.last <= time) {
                self.notes.remove(&key);
                refused.0.extend(self.refused.0.remove_entry(&key));
            }
        }
        refused.finish(facts);
    }

    /// Calls a function for each attempt that is not told yet.
    pub fn each(&mut self) -> impl Iterator<Item = &mut Login> {
        let tried = self.notes.values_mut().flat_map(|notes| &mut notes.tried);
        let refused = self.refused.0.values_mut().flatten();
        tried.chain(refused).chain(self.failing.iter_mut().map(|failed| &mut failed.row))
    }

    /// Tells everything that is left.
    pub fn finish(&mut self, facts: &mut Facts) {
        std::mem::take(&mut self.failing).into_iter().for_each(|failed| self.fail(failed, facts));
        self.refused.finish(facts);
    }
}

impl Refused {
    /// Tells them as they are, in the order of their lines.
    fn finish(&mut self, facts: &mut Facts) {
        let place = |rows: &Vec<Login>| rows.first().map_or((0, 0), |row| (row.source, row.offset));
        in_order(&mut self.0, place).iter().flatten().for_each(|row| facts.push(row));
    }
}

/// Whether what is said of a login is said of the same attempt as what was said last: too soon for the client to have
/// been answered, or of a user whom one database did not know and another did.
fn is_one(last: &Login, next: &Login, facts: &Facts) -> bool {
    let unknown = Word::UnknownUser.id();
    let found = last.outcome == unknown && next.outcome != unknown;
    next.time - last.time <= ANSWER || found && is_of_user(last, next, facts)
}

/// Whether what others said last is of the attempt that a line ends with. Where it does not count them, and tells of another
/// reason than a wrong password, it tells of one more, but for what is said by databases that do not know the user.
fn is_of_last(tried: &Login, last: &Login, is_counted: bool, facts: &Facts) -> bool {
    match last.outcome {
        outcome if outcome == Word::Ok.id() => is_one(tried, last, facts),
        outcome if is_counted || outcome == Word::Failed.id() => is_of_user(tried, last, facts),
        _ => is_of_user(tried, last, facts) && (is_unknown(tried) || is_one(tried, last, facts)),
    }
}

fn is_unknown(login: &Login) -> bool {
    login.outcome == Word::UnknownUser.id()
}

fn is_of_user(last: &Login, next: &Login, facts: &Facts) -> bool {
    facts.texts.get(last.user) == facts.texts.get(next.user)
}

pub(super) fn login_row(line: &Line<'_>, session: &Session, outcome: TextId) -> Login {
    let or = |field, other| {
        if line.text(field) == NO_TEXT { other } else { line.text(field) }
    };
    let service = if session.service == NO_TEXT { line.service() } else { session.service };
    Login {
        time: line.event.time,
        service,
        client_ip: or(Field::ClientIp, session.client_ip),
        user: or(Field::User, session.user),
        user_domain: or(Field::UserDomain, session.user_domain),
        mechanism: line.text(Field::Mechanism),
        outcome,
        reason: line.text(Field::Reason),
        tls_version: tls(session.tls_version, line.text(Field::TlsVersion)),
        session_id: line.text(Field::SessionId),
        session: session.session,
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
    }
}
