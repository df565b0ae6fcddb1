//! The configuration as TOML, each value with where it comes from.

use super::{Anomaly, Comparison, Config, Input, Places, Schedule, Spot, Spotted, Threshold};
use std::fmt::Write as _;

/// The column at which the origins begin.
const ORIGINS: usize = 48;

/// Appends a line `key = value` with its origin.
pub fn line(out: &mut String, key: &str, value: &str, origin: &str) {
    let setting = format!("{key} = {value}");
    let _ = writeln!(out, "{setting:<ORIGINS$} # {origin}");
}

/// Where a value stands, or the table that it stands in.
fn origin(places: &Places, key: &str, table: &Spot) -> String {
    places.get(key).unwrap_or(table).origin()
}

/// A text as TOML.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl Config {
    /// Where a single setting comes from.
    pub fn origin(&self, key: &str) -> String {
        self.spot(key).map_or_else(|| "default".to_owned(), Spot::origin)
    }

    /// Appends the single settings of a table that stand in a file.
    pub fn show_table(&self, out: &mut String, table: &str) {
        let start = format!("{table}.");
        let inside = self.spots.iter().filter_map(|(key, spot)| Some((key.strip_prefix(&start)?, spot)));
        for (number, (key, spot)) in inside.enumerate() {
            if number == 0 {
                let _ = writeln!(out, "\n[{table}]");
            }
            line(out, key, spot.text(), &spot.origin());
        }
    }

    /// Appends inputs and schedules.
    pub fn show_lists(&self, out: &mut String) {
        self.inputs.iter().for_each(|input| input.show(out));
        let _ = writeln!(out, "\n[schedules]");
        self.schedules.values().for_each(|schedule| schedule.show(out));
    }
}

impl Input {
    fn show(&self, out: &mut String) {
        let origin = |key| origin(&self.places, key, &self.spot);
        let paths: Vec<String> = self.paths.iter().map(|path| quoted(&path.display().to_string())).collect();
        let _ = writeln!(out, "\n[[inputs]]");
        line(out, "paths", &format!("[{}]", paths.join(", ")), &origin("paths"));
        if let Some(host) = &self.host {
            line(out, "host", &quoted(host), &origin("host"));
        }
    }
}

impl Schedule {
    fn show(&self, out: &mut String) {
        line(out, &self.name, &self.words, &self.spot.origin());
    }
}

impl Threshold {
    /// Appends it.
    pub fn show(&self, out: &mut String) {
        let mut set = |key: &str, value: String| line(out, key, &value, &origin(&self.places, key, &self.spot));
        set("metric", quoted(&self.metric.value));
        if !self.labels.is_empty() {
            set("where", labels(self));
        }
        if let Some(per) = &self.per {
            set("per", quoted(&per.value));
        }
        if self.least > 0.0 {
            set("least", self.least.to_string());
        }
        if !self.by.is_empty() {
            let names: Vec<String> = self.by.iter().map(|by| quoted(&by.value)).collect();
            set("by", format!("[{}]", names.join(", ")));
        }
        let limits = [("warning", &self.warning), ("critical", &self.critical)];
        for (key, limit) in limits {
            if let Some(limit) = limit {
                set(key, limit.spot.text().to_owned());
            }
        }
        for (key, during) in [("during", &self.during), ("during_critical", &self.during_critical)] {
            if !during.is_empty() {
                set(key, inline(during));
            }
        }
        if !self.enabled {
            set("enabled", "false".to_owned());
        }
        let words = [
            ("title", &self.title),
            ("meaning", &self.meaning),
            ("command", &self.command),
            ("evidence", &self.evidence),
        ];
        for (key, text) in words {
            let is_own = self.places.get(key).is_some_and(|place| !place.is_built_in());
            text.iter().filter(|_| is_own).for_each(|text| set(key, quoted(text)));
        }
    }
}

fn labels(threshold: &Threshold) -> String {
    let label = |(name, values): &(Spotted<String>, Vec<Spotted<String>>)| {
        let values: Vec<String> = values.iter().map(|value| quoted(&value.value)).collect();
        format!("{} = [{}]", name.value, values.join(", "))
    };
    let labels: Vec<String> = threshold.labels.iter().map(label).collect();
    format!("{{ {} }}", labels.join(", "))
}

fn inline(limits: &[(Spotted<String>, Spotted<Comparison>)]) -> String {
    let limits: Vec<String> =
        limits.iter().map(|(name, limit)| format!("{} = {}", name.value, limit.spot.text())).collect();
    format!("{{ {} }}", limits.join(", "))
}

impl Anomaly {
    /// The place of a parameter of it.
    pub fn parameter(&self, name: &str) -> Option<&Spot> {
        self.parameters.iter().find(|(key, _)| key.value == name).map(|(_, value)| &value.spot)
    }
}
