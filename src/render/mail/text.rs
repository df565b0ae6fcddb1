//! The part in plain words: 72 columns wide, so that it can be quoted.

use super::Sheet;
use crate::render::crop::end;
use crate::render::text::{self, Page};
use crate::render::{keys, parts, show};
use crate::report::{Finding, State};
use unicode_width::UnicodeWidthStr;

/// The columns of a line.
const WIDTH: usize = 72;

/// The text of a mail.
pub(super) fn part(sheet: &Sheet<'_>) -> String {
    let mut page = Page::new(WIDTH, false);
    text::head(&mut page, &sheet.report);
    page.prose(0, &parts::lead(sheet.whole));
    sheet.findings().for_each(|finding| self::finding(&mut page, finding, sheet));
    changes(&mut page, sheet);
    figures(&mut page, sheet);
    sheet.report.sections.iter().for_each(|section| text::section(&mut page, section, &sheet.report));
    text::coverage(&mut page, &sheet.report.coverage);
    foot(&mut page, sheet);
    String::from_utf8_lossy(&page.into_bytes()).into_owned()
}

fn finding(page: &mut Page, finding: &Finding, sheet: &Sheet<'_>) {
    let mut finding = finding.clone();
    if sheet.letter.before.as_ref().is_some_and(|before| before.lacks(&finding)) {
        finding.title = format!("{} (new)", finding.title);
    }
    let command = finding.command.take().map(|command| folded(&command.tty()));
    text::finding(page, &finding);
    command.flatten().into_iter().flatten().for_each(|line| page.line(&line));
}

/// A command that can be copied and run although it is broken into lines: after a backslash where it is outside quotes,
/// and inside quotes, where it is SQL, before a word. Nothing where a word alone is too long.
fn folded(command: &str) -> Option<Vec<String>> {
    const FIRST: &str = "  see: ";
    let mut lines = vec![FIRST.trim_end().to_owned()];
    let mut quote: Option<char> = None;
    for word in command.split(' ') {
        let line = lines.last_mut()?;
        if line.width() + word.width() + 3 <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            if quote.is_none() {
                line.push_str(" \\");
            }
            lines.push(format!("       {word}"));
        }
        for c in word.chars() {
            match quote {
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(open) if c == open => quote = None,
                _ => {}
            }
        }
    }
    lines.iter().all(|line| line.width() <= WIDTH).then_some(lines)
}

fn changes(page: &mut Page, sheet: &Sheet<'_>) {
    let Some(before) = &sheet.letter.before else { return };
    page.blank();
    page.strong(&format!("Compared with {}", before.period));
    let gone = before.gone(sheet.whole);
    let is_new = sheet.whole.findings.iter().filter(|f| f.state != State::Ok && before.lacks(f)).count();
    page.prose(
        2,
        &format!("{}; {} gone.", parts::plural(is_new as u64, "new finding", "new findings"), gone.len()),
    );
    gone.iter().take(5).for_each(|title| page.prose(2, &format!("gone: {title}")));
}

fn figures(page: &mut Page, sheet: &Sheet<'_>) {
    page.blank();
    page.strong("Key figures");
    let rows: Vec<[String; 4]> = keys::of(&sheet.report).into_iter().map(|key| key_figure(key, sheet)).collect();
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let [title, figure, change] = [0, 1, 2].map(widest);
    for [name, value, than, note] in &rows {
        let than = if change > 0 { format!("  {}", padded(than, change)) } else { String::new() };
        let start = format!("{}  {}{than}", padded(name, title), aligned(value, figure));
        let note = end(note, WIDTH.saturating_sub(start.width() + 2));
        page.line(&format!("{start}  {note}"));
    }
}

/// A key figure's name with its mark, its value, how that has changed, and what is said of it.
fn key_figure(key: keys::KeyFigure, sheet: &Sheet<'_>) -> [String; 4] {
    let mark = key.state.filter(|state| *state >= State::Warning).map_or(" ", parts::sign);
    let change = sheet.letter.before.as_ref().and_then(|before| before.change(&key)).unwrap_or_default();
    [format!("{mark} {}", key.title), show::figure_or_absent(key.value, key.unit), change, key.note]
}

/// A text with blanks behind it up to a width in columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A figure with blanks before it.
fn aligned(figure: &str, width: usize) -> String {
    format!("{}{figure}", " ".repeat(width.saturating_sub(figure.width())))
}

fn foot(page: &mut Page, sheet: &Sheet<'_>) {
    page.blank();
    sheet.left_out.iter().for_each(|told| page.prose(0, told));
    if let Some(told) = sheet.where_the_rest_is() {
        // A link must stay whole.
        match &sheet.link {
            Some(link) => page.line(link),
            None => page.prose(0, &told),
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    page.prose(0, &format!("Report `{}` by mailtrail {version}.", sheet.report.name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_copied_although_it_is_broken() {
        let command = "mailtrail query 'SELECT client_ip, COUNT(*) AS n FROM logins WHERE outcome <> 1 GROUP BY client_ip' /var/log/mail.log --format csv --output x";
        let lines = folded(command).expect("its words are short");
        assert_eq!(
            lines,
            [
                "  see: mailtrail query 'SELECT client_ip, COUNT(*) AS n FROM logins",
                "       WHERE outcome <> 1 GROUP BY client_ip' /var/log/mail.log \\",
                "       --format csv --output x",
            ]
        );
        assert!(folded(&"x".repeat(80)).is_none());
    }
}
