//! The program: reads the command line, does what it says, and ends with its exit code.

use clap::Parser;
use mailtrail::cli::Cli;
use mailtrail::commands;
use mailtrail::error::Exit;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
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
