//! `mailtrail schema`: the tables and columns that can be asked.

use super::{Outcome, print};
use crate::cli::{Schema, SchemaFormat};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::facts::{TableDef, tables};
use clap::ValueEnum;
use std::fmt::Write as _;

pub(super) fn run(args: &Schema, config: &Config) -> Outcome {
    let tables = chosen(&args.tables)?;
    let set = config.commands.schema.format.as_deref().and_then(|name| SchemaFormat::from_str(name, false).ok());
    let out = match args.format.or(set).unwrap_or(SchemaFormat::Text) {
        SchemaFormat::Text => text(&tables),
        SchemaFormat::Markdown => markdown(&tables),
        SchemaFormat::Json => json(&tables),
    };
    print(out.as_bytes())?;
    Ok(None)
}

fn chosen(names: &[String]) -> Result<Vec<&'static TableDef>> {
    if names.is_empty() {
        return Ok(tables().collect());
    }
    names.iter().map(|name| named(name)).collect()
}

/// The table of this name.
pub(super) fn named(name: &str) -> Result<&'static TableDef> {
    let names = tables().map(|table| table.name);
    tables().find(|table| table.name == name).ok_or_else(|| {
        Error::new(Exit::Usage, format!("there is no table `{name}`")).instead(name, "tables", names)
    })
}

pub(super) fn text(tables: &[&TableDef]) -> String {
    let mut out = String::new();
    for table in tables {
        let _ = writeln!(out, "{}: {}\n", table.name, table.about);
        for column in table.columns {
            let _ = writeln!(out, "  {:<20} {:<9} {}", column.name, short(column.kind.word()), column.about);
        }
        out.push('\n');
    }
    out.push_str(
        "Times are microseconds since the epoch, UTC; `hour` and `day` begin the local hour and day of `time`,\n\
         `client_net` is the network of `client_ip`: an IPv4 /24 or an IPv6 /48.\n",
    );
    out
}

fn short(kind: &str) -> &str {
    kind.split(' ').next().unwrap_or(kind)
}

fn markdown(tables: &[&TableDef]) -> String {
    let mut out = String::new();
    for table in tables {
        let _ = writeln!(
            out,
            "### `{}`\n\n{}\n\n| column | type | is |\n| --- | --- | --- |",
            table.name, table.about
        );
        for column in table.columns {
            let _ = writeln!(out, "| `{}` | {} | {} |", column.name, column.kind.word(), column.about);
        }
        out.push('\n');
    }
    out
}

fn json(tables: &[&TableDef]) -> String {
    let tables: Vec<_> = tables
        .iter()
        .map(|table| {
            let columns: Vec<_> = table
                .columns
                .iter()
                .map(|c| serde_json::json!({"name": c.name, "type": short(c.kind.word()), "about": c.about}))
                .collect();
            serde_json::json!({"table": table.name, "about": table.about, "columns": columns})
        })
        .collect();
    format!("{:#}\n", serde_json::Value::from(tables))
}
