//! Writes a synthetic mail log of any size, and the figures that a correct reader must find in it.

mod clock;
mod dice;
mod directory;
mod dovecot;
mod names;
mod network;
mod pools;
mod postfix;
mod queue_ids;
mod timeline;
mod truth;
mod words;
mod world;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use clock::Micros;
use timeline::Line;
use truth::Truth;
use world::World;

/// Writes a synthetic log of two Postfix hosts, a Dovecot host and an OpenLDAP host.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// About how much to write: a number of bytes, or 200MB, 1GB, 10GB
    #[arg(long, value_parser = parse_size)]
    bytes: u64,
    /// The same seed and size give the same log
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the log goes; - is the standard output
    #[arg(long, short)]
    output: PathBuf,
    /// Where the figures go, as JSON
    #[arg(long)]
    truth: Option<PathBuf>,
    /// How the lines begin
    #[arg(long, value_enum, default_value_t = Framing::Rfc3164)]
    framing: Framing,
}

#[derive(Clone, Copy, ValueEnum)]
enum Framing {
    /// Nov 20 09:00:01 mx1
    Rfc3164,
    /// 2026-11-20T09:00:01.123456+00:00 mx1
    Rfc3339,
}

/// Units of sizes; the longer names come first.
const UNITS: &[(&str, u64)] = &[("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1)];

fn parse_size(text: &str) -> Result<u64, String> {
    let capitals = text.to_ascii_uppercase();
    let unit = UNITS.iter().find(|(name, _)| capitals.ends_with(name));
    let (name, factor) = unit.unwrap_or(&("", 1));
    let number = capitals.strip_suffix(name).unwrap_or(&capitals).trim();
    let number: f64 = number.parse().map_err(|_| format!("{text:?} is not a size such as 200MB"))?;
    if number > 0.0 { Ok((number * *factor as f64) as u64) } else { Err("a size is more than zero".to_owned()) }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("mailtrail-generate: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let world = World::new(options.seed, options.bytes);
    let truth = write_log(world, open(&options.output)?, options.framing)
        .map_err(|error| format!("cannot write {}: {error}", options.output.display()))?;
    if let Some(path) = &options.truth {
        let text = format!("{:#}\n", truth.to_json(options.seed));
        fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    eprintln!("{} lines, {} bytes", truth.lines, truth.bytes);
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Write>, String> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdout().lock()));
    }
    let file = File::create(path).map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    Ok(Box::new(file))
}

fn write_log(mut world: World, out: Box<dyn Write>, framing: Framing) -> io::Result<Truth> {
    let mut out = BufWriter::with_capacity(1 << 18, out);
    let mut truth = Truth::default();
    world.begin();
    while let Some((at, line)) = world.next_line() {
        let text = framed(at, &line, framing);
        out.write_all(text.as_bytes())?;
        truth.lines += 1;
        truth.bytes += text.len() as u64;
        line.counts.iter().for_each(|count| truth.add(count));
    }
    out.flush()?;
    Ok(truth)
}

fn framed(at: Micros, line: &Line, framing: Framing) -> String {
    let time = match framing {
        Framing::Rfc3164 => clock::stamp(at),
        Framing::Rfc3339 => clock::rfc3339(at),
    };
    format!("{time} {} {}\n", line.host.name(), line.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("200MB"), Ok(200_000_000));
        assert_eq!(parse_size("1.5gb"), Ok(1_500_000_000));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert!(parse_size("much").is_err());
    }
}
