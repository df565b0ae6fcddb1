//! Named questions: files of `report-templates/queries`, with parameters that who asks fills in.
//!
//! A value is checked by its parameter's kind before anything is read, and stands in the question as a literal.

use super::front::Question;
use super::guard::Needs;
use super::network::Network;
use super::rows::{Answer, Asker, try_out};
use super::tokens::{self, Literal};
use crate::assets::Assets;
use crate::error::{Error, Exit, Result};
use crate::time::{Zone, no_such_time, parse_duration, parse_instant};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The folder of named questions.
const FOLDER: &str = "report-templates/queries";

/// A question with a name, and what it must be told.
#[derive(Clone, Debug)]
pub struct Named {
    /// The question.
    pub question: Question,
    /// Its parameters, those that must be given first, then by name.
    pub parameters: Vec<Parameter>,
}

/// What a named question must be told, or can be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// Of which kind its values are, by its word.
    pub kind: String,
    /// What it is.
    pub about: String,
    /// A value that somebody could give.
    pub example: String,
    /// The value that it has if none is given.
    pub default: Option<String>,
}

/// A named question with its values.
#[derive(Clone, Debug)]
pub struct Settled {
    question: Question,
    values: BTreeMap<String, Given>,
}

/// A value, as its kind reads it.
#[derive(Clone, Debug, PartialEq)]
enum Given {
    Literal(Literal),
    Network(Network),
}

/// Makes a value of what was typed, seen from a zone and a present.
type Reader = fn(&str, &Zone, i64) -> Option<Given>;

/// The kinds of parameters: the name, what is accepted, and how it is read.
const KINDS: [(&str, &str, Reader); 7] = [
    ("text", "any text", |text, _, _| Some(Given::Literal(Literal::Text(text.to_owned())))),
    ("address", "a mail address such as `zoe@example.org`, or `<>` for none", |text, _, _| address(text)),
    ("ip", "an IP address such as `192.0.2.7` or `2001:db8::7`", |text, _, _| {
        let address: IpAddr = text.parse().ok()?;
        Some(Given::Literal(Literal::Text(address.to_canonical().to_string())))
    }),
    ("network", "an IP address or a network such as `192.0.2.0/24` or `2001:db8::/32`", |text, _, _| {
        Network::read(text).map(Given::Network)
    }),
    ("duration", "a duration such as `90 s`, `10 min` or `2 h`", |text, _, _| {
        parse_duration(text).map(|micros| Given::Literal(Literal::Integer(micros)))
    }),
    ("integer", "a whole number such as `20`", |text, _, _| {
        text.parse::<u32>().ok().map(|number| Given::Literal(Literal::Integer(i64::from(number))))
    }),
    ("time", "a time such as `2026-11-24 03:00`, `yesterday` or `-2h`", |text, zone, now| {
        parse_instant(text, zone, now).ok().map(|micros| Given::Literal(Literal::Integer(micros)))
    }),
];

/// An address as the logs have it: without angle brackets; the empty one is that of notifications.
fn address(text: &str) -> Option<Given> {
    let bare = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    let is_quoted = bare.starts_with('"');
    let readable = (!bare.is_empty() || bare != text)
        && (is_quoted || !bare.contains(char::is_whitespace) && !bare.contains('*') && !bare.starts_with('@'))
        && !bare.contains(char::is_control);
    readable.then(|| Given::Literal(Literal::Text(bare.to_owned())))
}

/// The names of all named questions.
///
/// # Errors
///
/// Where a user's own one cannot be read.
pub fn names(assets: &Assets) -> Result<Vec<String>> {
    Ok(assets.list(FOLDER, ".sql")?.into_keys().collect())
}

impl Named {
    /// The question of this name.
    ///
    /// # Errors
    ///
    /// Where there is none, or its head cannot be read.
    pub fn find(assets: &Assets, name: &str) -> Result<Self> {
        let all = assets.list(FOLDER, ".sql")?;
        match all.get(name) {
            Some(asset) => Self::of(Question::read("queries", name, asset)?),
            None => Err(Error::new(Exit::Usage, format!("there is no named question `{name}`")).instead(
                name,
                "named questions",
                all.keys().map(String::as_str),
            )),
        }
    }

    /// All named questions, in order of name.
    ///
    /// # Errors
    ///
    /// Where the head of one cannot be read.
    pub fn all(assets: &Assets) -> Result<Vec<Self>> {
        Question::all(assets, "queries")?.into_iter().map(Self::of).collect()
    }

    fn of(question: Question) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, front) in &question.front.parameters {
            let wrong = |key: &[&str], what: String| {
                question.wrong(&[["parameters", name].as_slice(), key].concat(), what)
            };
            let front: Parameter = front.clone().try_into().map_err(|e: toml::de::Error| {
                wrong(&[], format!("the parameter `{name}` cannot be read")).why(e.message())
            })?;
            let parameter = Parameter { name: name.clone(), ..front };
            let kinds = KINDS.iter().map(|(name, ..)| *name);
            if kinds.clone().all(|kind| kind != parameter.kind) {
                let error = wrong(&["kind"], format!("there is no kind `{}` of parameters", parameter.kind));
                return Err(error.instead(&parameter.kind, "kinds", kinds));
            }
            parameters.push(parameter);
        }
        parameters.sort_by_key(|parameter| parameter.default.is_some());
        Ok(Self { question, parameters })
    }

    /// How it is asked: its name, and its parameters with examples, those that can be left out in brackets.
    pub fn usage(&self) -> String {
        let parameters = self.parameters.iter().map(|parameter| {
            let value = parameter.default.as_ref().unwrap_or(&parameter.example);
            let given = format!("{}={value}", parameter.name);
            let given = if value.contains(' ') { format!("'{given}'") } else { given };
            if parameter.default.is_some() { format!("[{given}]") } else { given }
        });
        std::iter::once(self.question.name.clone()).chain(parameters).collect::<Vec<_>>().join(" ")
    }

    /// The question with these values, each by the name of its parameter.
    ///
    /// # Errors
    ///
    /// Where there is no such parameter, a value is of no use, or one that is needed is missing; exit code 64.
    pub fn settle(&self, given: &[(String, String)], zone: &Zone, now: i64) -> Result<Settled> {
        let name = &self.question.name;
        for (parameter, _) in given {
            let names = self.parameters.iter().map(|parameter| parameter.name.as_str());
            if names.clone().all(|name| name != parameter) {
                let error = Error::new(Exit::Usage, format!("`{name}` has no parameter `{parameter}`"));
                return Err(error.instead(parameter, "parameters", names));
            }
        }
        if let Some((twice, _)) = given.iter().enumerate().find_map(|(at, (name, value))| {
            given[..at].iter().any(|(before, _)| before == name).then_some((name, value))
        }) {
            let error = Error::new(Exit::Usage, format!("`{twice}` is given twice"));
            return Err(error.help("a named question is asked of one value; ask twice, or in SQL by `IN (...)`"));
        }
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let own = given.iter().rev().find(|(name, _)| *name == parameter.name).map(|(_, value)| value);
            let Some(text) = own.or(parameter.default.as_ref()) else {
                return Err(Error::new(Exit::Usage, format!("`{name}` must be told its `{}`", parameter.name))
                    .why(&parameter.about)
                    .help(format!("mailtrail query {}", self.usage())));
            };
            values.insert(parameter.name.clone(), parameter.read(text, zone, now)?);
        }
        Ok(Settled { question: self.question.clone(), values })
    }
}

impl Parameter {
    fn read(&self, text: &str, zone: &Zone, now: i64) -> Result<Given> {
        let kind = KINDS.iter().find(|(name, ..)| *name == self.kind);
        let value = kind.and_then(|(_, _, read)| read(text, zone, now));
        value.ok_or_else(|| {
            let accepted = kind.map_or("", |(_, accepted, _)| accepted);
            let error = Error::new(Exit::Usage, format!("`{}` cannot be `{text}`", self.name));
            let error = error.help(format!("it is {accepted}"));
            match self.fault(text) {
                Some(why) => error.why(why),
                None => error,
            }
        })
    }

    /// Why a value is none, where it nearly is one.
    fn fault(&self, text: &str) -> Option<String> {
        match self.kind.as_str() {
            "time" => no_such_time(text),
            "network" => Network::fault(text),
            "address" if text.contains('*') || text.starts_with('@') => {
                let domain = text.trim_start_matches(['*', '@']);
                Some(format!("it must be the whole of an address; of a domain: mailtrail trace '*@{domain}'"))
            }
            _ => None,
        }
    }
}

impl Settled {
    /// What it needs, once it has been asked of no facts at all.
    ///
    /// # Errors
    ///
    /// Where its SQL is wrong.
    pub fn check(&self) -> Result<Needs> {
        self.sql(|_| Ok(Vec::new())).and_then(|sql| try_out(&sql)).map_err(|e| self.question.in_file(e))
    }

    /// Asks it.
    ///
    /// # Errors
    ///
    /// Where its SQL is wrong.
    pub fn ask(&self, asker: &Asker<'_>) -> Result<Answer> {
        let needs = self.check()?;
        let sql = self.sql(|network| asker.clients(&needs, &|address| network.holds(address)));
        sql.and_then(|sql| asker.ask(&sql)).map_err(|e| self.question.in_file(e))
    }

    /// The question with its values. SQL knows no networks: in the place of one stand the addresses of the facts that
    /// lie in it.
    fn sql(&self, addresses: impl Fn(&Network) -> Result<Vec<String>>) -> Result<String> {
        let mut literals = BTreeMap::new();
        for (name, value) in &self.values {
            let literal = match value {
                Given::Literal(literal) => literal.clone(),
                Given::Network(network) => Literal::Texts(addresses(network)?),
            };
            literals.insert(name.as_str(), literal);
        }
        tokens::fill(&self.question.sql, |name| literals.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_question_of_the_house_can_be_asked_as_its_example_says() {
        let zone = Zone::utc();
        for named in Named::all(&Assets::default()).expect("all can be read") {
            let given: Vec<_> = named.parameters.iter().map(|p| (p.name.clone(), p.example.clone())).collect();
            let needed = given.iter().filter(|(name, _)| {
                named.parameters.iter().any(|parameter| parameter.name == *name && parameter.default.is_none())
            });
            for given in [needed.cloned().collect::<Vec<_>>(), given.clone()] {
                let settled = named.settle(&given, &zone, 0).unwrap_or_else(|e| panic!("{e}"));
                settled.check().unwrap_or_else(|e| panic!("{e}"));
            }
            let used = |parameter: &Parameter| named.question.sql.contains(&format!("{{{}}}", parameter.name));
            assert!(named.parameters.iter().all(used), "{}", named.question.name);
            assert!(!named.question.front.title.is_empty() && !named.question.front.about.is_empty());
            assert!(named.question.sql.contains("ORDER BY"), "{} has an order", named.question.name);
        }
    }

    #[test]
    fn values_are_read_by_their_kinds() {
        let zone = Zone::utc();
        let read = |kind: &str, text: &str| {
            let (_, _, read) = KINDS.iter().find(|(name, ..)| *name == kind).expect("a kind");
            match read(text, &zone, 0) {
                Some(Given::Literal(literal)) => literal.sql(),
                Some(Given::Network(network)) => network.len.to_string(),
                None => "none".to_owned(),
            }
        };
        assert_eq!(
            [read("address", "<>"), read("address", "<a@b>"), read("address", "")],
            ["''", "'a@b'", "none"]
        );
        assert_eq!([read("ip", "2001:DB8:0::1"), read("ip", "1.2.3")], ["'2001:db8::1'", "none"]);
        assert_eq!(
            [read("duration", "2 min"), read("integer", "-1"), read("network", "10/8")],
            ["120000000", "none", "none"]
        );
        assert_eq!([read("time", "1970-01-01 00:01"), read("text", "'")], ["60000000", "''''"]);
    }
}
