//! A picture being drawn. Everything that is put into it is encoded.

use crate::text::{html, shown};
use std::fmt::Write as _;

/// A picture of a fixed height, as wide as the page lets it be.
pub(super) struct Svg {
    body: String,
}

/// A box: its left edge and width in percent, its top and height in pixels.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub x: f64,
    pub width: f64,
    pub y: f64,
    pub height: f64,
}

/// Where a text stands at its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Svg {
    /// An empty picture with a title for those who cannot see it.
    pub fn new(title: &str, height: f64) -> Self {
        let (title, height) = (encoded(title), number(height));
        let body = format!(
            "<svg role=\"img\" width=\"100%\" height=\"{height}\" aria-label=\"{title}\"><title>{title}</title>"
        );
        Self { body }
    }

    /// The picture's markup.
    pub fn finish(mut self) -> String {
        self.body.push_str("</svg>");
        self.body
    }

    /// A box of a class.
    pub fn area(&mut self, class: &str, area: Area) {
        let Area { x, width, y, height } = area;
        let (x, width, y, height) = (number(x), number(width), number(y), number(height));
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}%\" y=\"{y}\" width=\"{width}%\" height=\"{height}\"/>"
        ));
    }

    /// A line across the whole picture.
    pub fn rule(&mut self, class: &str, y: f64) {
        let y = number(y);
        self.put(format_args!("<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>"));
    }

    /// A dot, its centre in percent and pixels.
    pub fn dot(&mut self, class: &str, x: f64, y: f64) {
        let (x, y) = (number(x), number(y));
        self.put(format_args!("<circle class=\"{class}\" cx=\"{x}%\" cy=\"{y}\" r=\"2.5\"/>"));
    }

    /// A text at a percentage of the width.
    pub fn text(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str) {
        let (x, y, anchor, text) = (number(x), number(y), anchor.word(), encoded(text));
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x}%\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A text that ends left of the picture, in the room that the page leaves there.
    pub fn text_before(&mut self, y: f64, text: &str) {
        let (y, text) = (number(y), encoded(text));
        self.put(format_args!("<text class=\"tick\" x=\"-8\" y=\"{y}\" text-anchor=\"end\">{text}</text>"));
    }

    /// Paths in a box of 1000 by `height`, stretched to the picture's width; strokes keep theirs.
    pub fn stretched(&mut self, height: f64, paths: &[(String, String)]) {
        let height = number(height);
        self.put(format_args!(
            "<svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 1000 {height}\" preserveAspectRatio=\"none\">"
        ));
        for (class, path) in paths {
            self.put(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
        }
        self.body.push_str("</svg>");
    }

    /// Begins a group whose title is told where the pointer rests on it.
    pub fn open(&mut self, title: &str) {
        let title = encoded_lines(title);
        self.put(format_args!("<g><title>{title}</title>"));
    }

    /// Ends a group.
    pub fn close(&mut self) {
        self.body.push_str("</g>");
    }

    fn put(&mut self, markup: std::fmt::Arguments) {
        let _ = self.body.write_fmt(markup);
    }
}

/// A number with at most two digits after the point.
pub(super) fn number(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn encoded(text: &str) -> String {
    html(&shown(text))
}

/// Encoded line by line; the line ends are ours.
fn encoded_lines(text: &str) -> String {
    text.lines().map(encoded).collect::<Vec<_>>().join("\n")
}
