//! `mailtrail send`: mails a report.

use super::post::{Asked, Post};
use super::{Outcome, print, report, teller};
use crate::cli::{Global, Mailing, Report as ReportArgs, Send};
use crate::config::Config;
use crate::config::mail::When;
use crate::error::Exit;
use crate::render::Options;
use crate::render::mail::Mail;
use crate::report::State;

pub(super) fn run(args: &Send, global: &Global, config: &Config) -> Outcome {
    let now = super::now();
    let asked = Asked { from: args.from.as_deref(), to: &args.to, state: args.state.as_deref() };
    let post = Post::of(asked, global, config, now)?;
    let asked = ReportArgs { paths: args.paths.clone(), about: args.about.clone(), ..ReportArgs::default() };
    let made = report::make(&asked, global, config, now)?;
    made.tell(global);
    let assets = super::assets(global, config);
    let options = Options { assets: &assets, width: 80, color: false, section: None };
    let mail = Mail::new(post.letter(&made.report));
    let incomplete = (!made.run.complete).then_some(Exit::Incomplete);
    let why_not = post.why_not(args.when.map(when), &made.report);
    if args.dry_run {
        let message = mail.message(&made.report, &options)?;
        print(&message.bytes)?;
        if let Some(why) = why_not {
            teller(global)(&format!("this would not be sent: {why}"));
        }
        return Ok(incomplete);
    }
    if why_not.is_some() {
        return Ok(post.flush(None)?.or(incomplete));
    }
    let message = mail.message(&made.report, &options)?;
    post.put(&message.id, &message.id, &message.bytes)?;
    post.remember(&made.report)?;
    let sent = post.flush(Some(&message.id))?;
    Ok(sent.or(incomplete))
}

/// From which verdict on, as the command line says it.
pub(super) fn when(mailing: Mailing) -> When {
    match mailing {
        Mailing::Always => When::Always,
        Mailing::Warning => When::From(State::Warning),
        Mailing::Critical => When::From(State::Critical),
    }
}
