//! The spool against a carrier that does as it is told.

use super::*;
use std::cell::RefCell;

/// A server that gives the answers that stand in its list, the last one for ever.
struct Server {
    answers: RefCell<Vec<Answer>>,
    taken: RefCell<Vec<(Vec<u8>, Vec<String>)>>,
}

#[derive(Clone, Copy)]
enum Answer {
    Takes,
    Down,
    Refuses,
    /// Takes it for the first recipient, refuses the second, puts the third off.
    Splits,
}

impl Server {
    fn new(answers: &[Answer]) -> Self {
        Self { answers: RefCell::new(answers.to_vec()), taken: RefCell::default() }
    }
}

impl Carrier for Server {
    fn carry(&self, message: &[u8], _: &Address, to: &[Address]) -> Outcome {
        let mut answers = self.answers.borrow_mut();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        let outcome = match answer {
            Answer::Takes => Outcome::accepted(to),
            Answer::Down => Outcome::later(to, "down"),
            Answer::Refuses => Outcome::refused(to, "550 no"),
            Answer::Splits => Outcome {
                accepted: to[..1].to_vec(),
                refused: vec![(to[1].clone(), "550 no".into())],
                later: vec![(to[2].clone(), "450 later".into())],
            },
        };
        let names: Vec<String> = outcome.accepted.iter().map(Address::to_string).collect();
        if !names.is_empty() {
            self.taken.borrow_mut().push((message.to_vec(), names));
        }
        outcome
    }
}

const NOW: i64 = 1_795_388_400_000_000;
const MAX_AGE: i64 = 5 * DAY;

struct House {
    folder: tempfile::TempDir,
    from: Address,
}

impl House {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), from: "m@mx1.example".parse().expect("an address") }
    }

    fn spool(&self) -> Spool {
        Spool::open(self.folder.path()).expect("it opens")
    }

    fn put(&self, spool: &Spool, id: &str, to: &[&str], now: i64) -> Put {
        let to = to.iter().map(|to| to.parse().expect("an address")).collect();
        spool
            .put(&Mail { key: id, id, from: &self.from, to, bytes: b"Subject: x\r\n\r\n.\r\n" }, now)
            .expect("it is put")
    }

    fn files(&self, part: &str) -> usize {
        files(&self.folder.path().join("mail").join(part)).len()
    }
}

fn flush(spool: &Spool, server: &Server, now: i64) -> Vec<What> {
    let mut events = Vec::new();
    spool.flush(server, now, MAX_AGE, None, &mut |event| events.push(event.what)).expect("it goes");
    events
}

#[test]
fn a_message_is_sent_once_however_often_it_is_put() {
    let (house, server) = (House::new(), Server::new(&[Answer::Takes]));
    let spool = house.spool();
    assert_eq!(house.put(&spool, "<a@x>", &["a@b.example"], NOW), Put::New);
    assert_eq!(house.put(&spool, "<a@x>", &["a@b.example"], NOW), Put::Waiting);
    assert_eq!(flush(&spool, &server, NOW + 1), [What::Sent(Vec::new())]);
    assert_eq!(house.put(&spool, "<a@x>", &["a@b.example"], NOW + 2), Put::Sent(NOW + 1));
    assert!(flush(&spool, &server, NOW + 3).is_empty());
    assert_eq!(server.taken.borrow().len(), 1);
    assert_eq!(server.taken.borrow()[0].0, b"Subject: x\r\n\r\n.\r\n");
}

#[test]
fn a_message_outlives_a_server_that_is_down_and_the_run() {
    let (house, server) = (House::new(), Server::new(&[Answer::Down, Answer::Takes]));
    let spool = house.spool();
    house.put(&spool, "<a@x>", &["a@b.example"], NOW);
    assert_eq!(flush(&spool, &server, NOW), [What::Later("down".into())]);
    drop(spool);
    let spool = house.spool();
    assert!(flush(&spool, &server, NOW + FIRST_WAIT - 1).is_empty(), "it waits before it tries again");
    assert_eq!(flush(&spool, &server, NOW + FIRST_WAIT), [What::Sent(Vec::new())]);
    assert_eq!((house.files("waiting"), house.files("sent")), (0, 1));
}

#[test]
fn waits_grow_and_have_an_end() {
    let waits: Vec<i64> = (0..9).map(|tries| wait(tries) / SECOND / 60).collect();
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 240, 240, 240]);
    assert_eq!(wait(u32::MAX), LONGEST_WAIT);
}

#[test]
fn what_is_refused_or_too_old_ends() {
    let (house, server) = (House::new(), Server::new(&[Answer::Refuses, Answer::Down]));
    let spool = house.spool();
    house.put(&spool, "<a@x>", &["a@b.example"], NOW);
    assert_eq!(flush(&spool, &server, NOW), [What::Refused("550 no".into())]);
    house.put(&spool, "<b@x>", &["a@b.example"], NOW);
    assert_eq!(flush(&spool, &server, NOW), [What::Later("down".into())]);
    assert_eq!(flush(&spool, &server, NOW + MAX_AGE), [What::GivenUp("down".into())]);
    assert_eq!((house.files("waiting"), house.files("sent"), house.files("failed")), (0, 0, 2));
}

#[test]
fn each_recipient_has_a_fate_of_its_own() {
    let (house, server) = (House::new(), Server::new(&[Answer::Splits, Answer::Takes]));
    let spool = house.spool();
    house.put(&spool, "<a@x>", &["a@b.example", "b@b.example", "c@b.example"], NOW);
    assert_eq!(flush(&spool, &server, NOW), [What::Later("450 later".into())]);
    assert_eq!(flush(&spool, &server, NOW + DAY), [What::Sent(Vec::new())]);
    let to: Vec<Vec<String>> = server.taken.borrow().iter().map(|(_, to)| to.clone()).collect();
    assert_eq!(to, [["a@b.example"], ["c@b.example"]]);
}

#[test]
fn t19_folders_and_files_belong_to_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let (house, server) = (House::new(), Server::new(&[Answer::Takes]));
    let spool = house.spool();
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    house.put(&spool, "<a@x>", &["a@b.example"], NOW);
    let mail = house.folder.path().join("mail");
    assert_eq!(mode(&mail.join("waiting")), 0o700);
    assert_eq!(mode(&files(&mail.join("waiting"))[0]), 0o600);
    flush(&spool, &server, NOW);
    assert_eq!(mode(&files(&mail.join("sent"))[0]), 0o600);
}

#[test]
fn f23_what_a_killed_run_left_is_tidied() {
    let house = House::new();
    drop(house.spool());
    fs::write(house.folder.path().join("mail/waiting/.tmpAbC"), "half").expect("written");
    let spool = house.spool();
    assert_eq!(spool.waiting(), 0);
}

#[test]
fn a_message_without_an_envelope_fails_and_is_told_once() {
    let (house, server) = (House::new(), Server::new(&[Answer::Takes]));
    let spool = house.spool();
    for _ in 0..2 {
        fs::write(house.folder.path().join("mail/waiting/odd.mail"), "no envelope").expect("written");
        assert_eq!(flush(&spool, &server, NOW), [What::Unreadable("its envelope cannot be read")]);
        assert!(flush(&spool, &server, NOW).is_empty());
    }
    assert_eq!((house.files("waiting"), house.files("failed")), (0, 2));
    assert!(server.taken.borrow().is_empty());
}

#[test]
fn what_failed_without_an_envelope_goes_with_the_rest_after_thirty_days() {
    let (house, server) = (House::new(), Server::new(&[Answer::Takes]));
    let spool = house.spool();
    let since = std::time::UNIX_EPOCH.elapsed().expect("a clock");
    let now = i64::try_from(since.as_micros()).expect("this century");
    let waiting = house.folder.path().join("mail/waiting");
    fs::write(waiting.join("odd.mail"), "no envelope").expect("written");
    fs::write(waiting.join("none.mail"), "").expect("written");
    assert!(std::process::Command::new("mkfifo").arg(waiting.join("pipe.mail")).status().expect("runs").success());
    assert_eq!(flush(&spool, &server, now).len(), 3);
    for (days, left) in [(0, 3), (29, 3), (31, 0)] {
        assert!(flush(&spool, &server, now + days * DAY).is_empty());
        assert_eq!((house.files("waiting"), house.files("failed")), (0, left), "after {days} days");
    }
}

#[test]
fn t21_no_message_id_leaves_the_folder() {
    assert_eq!(file_stem("<../../etc/passwd@x>"), "------etc-passwd@x");
    assert_eq!(file_stem(&"x".repeat(400)).len(), 200);
}

#[test]
fn f24_two_runs_do_not_hold_it_at_once() {
    let house = House::new();
    let path = house.folder.path().join("lock");
    let first = super::super::lock(&path, Duration::ZERO).expect("it is free");
    let error = super::super::lock(&path, Duration::ZERO).expect_err("it is held");
    assert_eq!(error.exit(), Exit::TryLater);
    drop(first);
    assert!(super::super::lock(&path, Duration::ZERO).is_ok());
}
