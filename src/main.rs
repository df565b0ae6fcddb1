//! The program: reads the command line, does what it says, and ends with its exit code.

use clap::Parser;
use mailtrail::cli::Cli;
use mailtrail::commands;
use mailtrail::error::Exit;
use mailtrail::text::shown;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            tell(&error);
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    match commands::run(&cli) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(exit)) => ExitCode::from(exit as u8),
        Err(error) => {
            let color = commands::colors(cli.global.color, std::io::stderr().is_terminal());
            eprintln!("{}", error.render(color));
            ExitCode::from(error.exit() as u8)
        }
    }
}

/// Says what is wrong with the command line, or what was asked about it. An argument that could steer the terminal is
/// shown as it is written, and then nothing is coloured.
fn tell(error: &clap::Error) {
    let text = error.to_string();
    let lines: Vec<String> = text.lines().map(|line| shown(line).into_owned()).collect();
    if error.use_stderr() && text.lines().ne(lines.iter()) {
        eprintln!("{}", lines.join("\n"));
    } else {
        let _ = error.print();
    }
}
