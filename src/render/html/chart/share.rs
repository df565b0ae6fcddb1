//! One bar that is the whole, cut into shares.

use super::svg::{Area, Svg};
use super::{COLORS, Drawing, Key, Picture, color};
use crate::render::show;
use crate::units;
use minijinja::Value;

/// The height of the bar.
const HEIGHT: f64 = 26.0;

/// Draws the rows' shares of the first series.
pub(super) fn draw(drawing: &Drawing) -> Option<Picture> {
    let series = drawing.series.first()?;
    let value = |(row, name): (usize, &String)| (name.clone(), series.value(row).unwrap_or(0.0));
    let parts = drawing.names.iter().enumerate().map(value).collect();
    share(drawing.title, parts, |x| show::figure(x, series.unit))
}

/// Draws parts of a whole; nothing where there is no whole. Where there are more parts than colours, the last ones
/// share one.
pub(in crate::render::html) fn share(
    title: &str,
    mut parts: Vec<(String, f64)>,
    figure: impl Fn(f64) -> String,
) -> Option<Picture> {
    let whole: f64 = parts.iter().map(|(_, value)| value).sum();
    if whole <= 0.0 {
        return None;
    }
    if parts.len() > COLORS {
        let rest = parts.split_off(COLORS - 1);
        let name = format!("{} others", units::count(rest.len() as u64));
        parts.push((name, rest.iter().map(|(_, value)| value).sum()));
    }
    let key = |(at, (name, value)): (usize, &(String, f64))| Key {
        color: color(at),
        title: name.clone(),
        figure: format!("{} · {}", figure(*value), units::share(value / whole)),
    };
    let keys: Vec<Key> = parts.iter().enumerate().map(key).collect();
    Some(Picture {
        kind: "share",
        svg: Value::from_safe_string(bar(title, &parts, &keys, whole)),
        keys,
        gutter: 0,
        note: None,
    })
}

fn bar(title: &str, parts: &[(String, f64)], keys: &[Key], whole: f64) -> String {
    let mut svg = Svg::new(&format!("{title}: one bar, cut by the shares in the list below it"), HEIGHT);
    let mut x = 0.0;
    for ((_, value), key) in parts.iter().zip(keys).filter(|((_, value), _)| *value > 0.0) {
        let width = value / whole * 100.0;
        svg.open(&format!("{}\n{}", key.title, key.figure));
        svg.area(&format!("part c{}", key.color), Area { x, width, y: 0.0, height: HEIGHT });
        svg.close();
        x += width;
    }
    svg.finish()
}
