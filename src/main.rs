//! The program: reads the command line, does what it says, and ends with its exit code.

use clap::Parser;
use mailtrail::cli::Cli;
use mailtrail::commands::{self, Failure};
use mailtrail::error::Exit;
use mailtrail::text::shown;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;

/// What must not happen is said in a line that can be reported, and has the exit code of our own faults.
fn main() -> ExitCode {
    panic::set_hook(Box::new(|fault| {
        commands::say(format_args!("mailtrail: our own fault, please report it: {}", shown(&fault.to_string())));
    }));
    panic::catch_unwind(run).unwrap_or(ExitCode::from(Exit::Internal as u8))
}

fn run() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => commands::run(&cli),
        // Help or the version, which were asked for.
        Err(answer) if !answer.use_stderr() => {
            let printed = answer.print().and_then(|()| io::stdout().flush());
            commands::written(printed).map(|()| None).map_err(|error| Failure { error, color: None })
        }
        Err(error) => {
            complain(&error);
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(exit)) => ExitCode::from(exit as u8),
        Err(Failure { error, color }) => {
            let color = commands::colors(color, io::stderr().is_terminal());
            commands::say(error.render(color));
            ExitCode::from(error.exit() as u8)
        }
    }
}

/// Says what is wrong with the command line. An argument that could steer the terminal is shown as it is written, and
/// then nothing is coloured.
fn complain(error: &clap::Error) {
    let text = error.to_string();
    let lines: Vec<String> = text.lines().map(|line| shown(line).into_owned()).collect();
    if text.lines().ne(lines.iter()) {
        commands::say(lines.join("\n"));
    } else {
        let _ = error.print();
    }
}
