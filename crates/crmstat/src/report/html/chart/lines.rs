//! Lines over bands, with values on hover.

use super::{CHARACTER, Frame, at, label, legend, scale::Scale, tip};
use crate::report::{Band, Line, Locale, Role, Unit, html::escape::cut};

const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;
const RIGHT: f64 = 14.0;
const TICKS: usize = 5;

/// The height, the legend and the body of a chart of `lines` over `bands`.
pub(super) fn draw(
    labels: &[String],
    lines: &[Line],
    bands: &[Band],
    unit: Unit,
    frame: Frame,
    locale: Locale,
) -> (f64, String, String) {
    let width = frame.width();
    let height = match frame {
        Frame::Broad => 200.0,
        Frame::Wide => 300.0,
        Frame::Narrow => 240.0,
    };
    let of_lines = lines.iter().flat_map(|line| &line.values);
    let of_bands = bands.iter().flat_map(|band| band.lower.iter().chain(&band.upper));
    let values = of_lines.chain(of_bands).flatten().copied();
    let y = Scale::new(values, (height - BOTTOM, TOP), TICKS);
    let ticks: Vec<String> = y.ticks.iter().map(|tick| locale.compact(*tick, unit)).collect();
    let widest = ticks.iter().map(|tick| tick.chars().count()).max().unwrap_or(0);
    let left = 12.0 + CHARACTER * widest as f64;
    let step = (width - left - RIGHT) / (labels.len().max(2) - 1) as f64;
    let x = |index: usize| left + step * index as f64;

    let mut body = String::new();
    for (tick, text) in y.ticks.iter().zip(&ticks) {
        let level = at(y.at(*tick));
        let class = if *tick == 0.0 { "zero" } else { "grid" };
        body.push_str(&format!(
            "<line class=\"{class}\" x1=\"{}\" x2=\"{}\" y1=\"{level}\" y2=\"{level}\"/>\
             <text class=\"tick\" x=\"{}\" y=\"{level}\" dy=\".32em\" text-anchor=\"end\">{text}</text>\n",
            at(left),
            at(width - RIGHT),
            at(left - 8.0)
        ));
    }
    body.push_str(&bottom_axis(labels, (width, height), &x, step));
    for (number, band) in bands.iter().enumerate() {
        let bounds = |index: usize| finite(&band.lower, index).zip(finite(&band.upper, index));
        for run in runs(labels.len(), bounds) {
            let there = run.iter().map(|(index, (_, upper))| (x(*index), y.at(*upper)));
            let back = run.iter().rev().map(|(index, (lower, _))| (x(*index), y.at(*lower)));
            body.push_str(&format!(
                "<polygon class=\"band b{number}\" points=\"{}\"/>\n",
                points(there.chain(back))
            ));
        }
    }
    for line in lines {
        for run in runs(labels.len(), |index| finite(&line.values, index)) {
            let path = points(run.iter().map(|(index, value)| (x(*index), y.at(*value))));
            body.push_str(&format!(
                "<polyline class=\"line {}\" points=\"{path}\"/>\n",
                class(line.role)
            ));
        }
    }
    let number = |value: f64| locale.number(value, unit);
    body.push_str(&hover(labels, lines, bands, &number, height, &x, step));
    let of_lines = lines.iter().map(|line| (format!("l {}", class(line.role)), line.name.as_str()));
    let of_bands =
        bands.iter().enumerate().map(|(at, band)| (format!("b{at}"), band.name.as_str()));
    (height, legend(of_lines.chain(of_bands)), body)
}

/// The value at a label; what is not finite is a gap.
fn finite(values: &[Option<f64>], index: usize) -> Option<f64> {
    values.get(index).copied().flatten().filter(|value| value.is_finite())
}

fn class(role: Role) -> &'static str {
    match role {
        Role::Observed => "observed",
        Role::Expected => "expected",
        Role::Reference => "reference",
    }
}

/// Labels below the axis, as many as have room.
fn bottom_axis(
    labels: &[String],
    (right, bottom): (f64, f64),
    x: &dyn Fn(usize) -> f64,
    step: f64,
) -> String {
    let widest = labels.iter().map(|label| label.chars().count().min(16)).max().unwrap_or(1);
    let width = widest as f64 * CHARACTER;
    // A label at an end stays within the picture, and so comes nearer to the next one.
    let anchor = |index: usize| match x(index) {
        x if x < 0.5 * width => "start",
        x if x + 0.5 * width > right => "end",
        _ => "middle",
    };
    let every = ((1.5 * width + 16.0) / step).ceil().max(1.0) as usize;
    let mut text = String::new();
    for index in (0..labels.len()).step_by(every) {
        let anchor = anchor(index);
        text.push_str(&format!(
            "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>\n",
            at(x(index)),
            at(bottom - 8.0),
            label(&labels[index], 16.0 * CHARACTER)
        ));
    }
    text
}

/// One column for each label that carries its values.
fn hover(
    labels: &[String],
    lines: &[Line],
    bands: &[Band],
    number: &dyn Fn(f64) -> String,
    height: f64,
    x: &dyn Fn(usize) -> f64,
    step: f64,
) -> String {
    let mut text = String::new();
    for (index, position) in labels.iter().enumerate() {
        let mut said = vec![cut(position, 40)];
        for line in lines {
            if let Some(value) = finite(&line.values, index) {
                said.push(format!("{}: {}", cut(&line.name, 40), number(value)));
            }
        }
        for band in bands.iter().rev() {
            if let Some((lower, upper)) = finite(&band.lower, index).zip(finite(&band.upper, index))
                && lower < upper
            {
                let [lower, upper] = [lower, upper].map(number);
                said.push(format!("{}: {lower} – {upper}", cut(&band.name, 40)));
            }
        }
        if said.len() > 1 {
            text.push_str(&format!(
                "<rect class=\"hit\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" data-tip=\"{}\"/>\n",
                at(x(index) - step / 2.0),
                at(step),
                at(height - BOTTOM - TOP),
                tip(&said)
            ));
        }
    }
    text
}

/// Stretches of labels that have a value, with these.
fn runs<T: Copy>(length: usize, value: impl Fn(usize) -> Option<T>) -> Vec<Vec<(usize, T)>> {
    let mut runs: Vec<Vec<(usize, T)>> = Vec::new();
    let mut open = false;
    for index in 0..length {
        match (value(index), runs.last_mut()) {
            (Some(value), Some(run)) if open => run.push((index, value)),
            (Some(value), _) => {
                runs.push(vec![(index, value)]);
                open = true;
            }
            (None, _) => open = false,
        }
    }
    runs
}

fn points(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.map(|(x, y)| format!("{},{}", at(x), at(y))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{CHARACTER, Frame, bottom_axis};

    #[test]
    fn labels_neither_overlap_nor_leave_the_picture() {
        for (count, name, left) in [(42, "июл 2023", 57.0), (42, "июл 2023", 5.0), (7, "1", 30.0)]
        {
            let labels = vec![name.to_owned(); count];
            let right = Frame::Wide.width();
            let step = (right - left) / (count - 1) as f64;
            let axis =
                bottom_axis(&labels, (right, 300.0), &|index| left + step * index as f64, step);
            let width = name.chars().count() as f64 * CHARACTER;
            let value = |tag: &str, name: &str| {
                let value = tag.split(&format!("{name}=\"")).nth(1).unwrap();
                value.split('"').next().unwrap().to_owned()
            };
            let mut end = 0.0;
            for tag in axis.lines() {
                let x: f64 = value(tag, " x").parse().unwrap();
                let start = match value(tag, "text-anchor").as_str() {
                    "start" => x,
                    "end" => x - width,
                    _ => x - 0.5 * width,
                };
                assert!(start >= end - 1.0, "{tag} begins before {end}");
                end = start + width;
            }
            assert!(end <= right + 1.0, "{end}");
        }
    }
}
