//! Charts as inline SVG.
//!
//! A chart is a `figure`: a heading, a picture with `role="img"`, title and description, and its data as a
//! table to be opened. Colours are CSS custom properties, so that dark mode and print follow the page;
//! values on hover are `data-tip` attributes that the page's script reads.
//!
//! # Why not a chart library
//!
//! The sales chart (84 months, a line and a band) was drawn by kuva 0.6.0 and plotters 0.3.7 beside ours:
//!
//! | | kuva | plotters | ours |
//! |---|---|---|---|
//! | size of the picture | 9.5 kB | 22.3 kB | 7.7 kB, values on hover included |
//! | colours as CSS properties | of series; axes and text of the theme are fixed | none: RGB only | all |
//! | title, description, `role="img"` | no | no | yes |
//! | values on hover | its own inline style and script, which a strict policy refuses | none | by the page's script |
//! | numbers of the language on axes | a function for ticks | a function for ticks | the report's [`Locale`] |
//! | to build (debug, CPU) | 17 s, 95,000 lines, 3 crates more | 2 s, 4 crates more | 600 lines |
//!
//! Neither follows a dark page or speaks to a screen reader without its output being rewritten, so the
//! three kinds of charts that a report needs are drawn here.

mod bars;
mod heat;
mod lines;
mod scale;
mod spark;

pub(super) use spark::sparkline;

use super::{
    escape::{cut, escape},
    table,
};
use crate::{
    Result,
    report::{Chart, ChartKind, Locale},
};

/// The screen that a chart is drawn for: the style shows one of the two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// The whole width of a desk, low enough for the first screen.
    Broad,
    /// A desk.
    Wide,
    /// A phone.
    Narrow,
}

impl Frame {
    /// What a desk has, or a phone.
    fn of<T: Copy>(self, [wide, narrow]: [T; 2]) -> T {
        match self {
            Self::Broad | Self::Wide => wide,
            Self::Narrow => narrow,
        }
    }

    /// The width in units of the picture, which are pixels of its screen.
    fn width(self) -> f64 {
        match self {
            Self::Broad => 1120.0,
            Self::Wide => 720.0,
            Self::Narrow => 350.0,
        }
    }
}

/// The width of a character of a label, on average.
const CHARACTER: f64 = 7.0;

/// `chart` as a figure; `broad` over the whole width of a desk.
pub(super) fn figure(chart: &Chart, broad: bool, locale: Locale) -> Result<String> {
    let desk = if broad { Frame::Broad } else { Frame::Wide };
    let (wide, legend) = picture(chart, desk, locale);
    let (narrow, _) = picture(chart, Frame::Narrow, locale);
    let name = &chart.name;
    let (title, description) = (escape(&chart.title), escape(&chart.description));
    let data = table::data(&chart.table(&locale)?, chart.unit, locale);
    let summary = locale.pick("Data of the chart", "Данные графика");
    Ok(format!(
        "<figure class=\"chart\" id=\"{name}\">\n<figcaption><h3>{title}</h3><p>{description}</p>{legend}\
         </figcaption>\n<div class=\"plot\">\
         {wide}{narrow}</div>\n\
         <details><summary>{summary}</summary>{data}</details>\n</figure>\n"
    ))
}

/// `chart` drawn for one screen, and its legend.
fn picture(chart: &Chart, frame: Frame, locale: Locale) -> (String, String) {
    let (height, legend, body) = match &chart.kind {
        ChartKind::Lines { labels, lines, bands, .. } => {
            lines::draw(labels, lines, bands, chart.unit, frame, locale)
        }
        ChartKind::Bars { labels, series, .. } => {
            bars::draw(labels, series, chart.unit, frame, locale)
        }
        ChartKind::Heat { rows, columns, values, row_axis, column_axis } => {
            let grid = heat::Grid { rows, columns, values, row_axis, column_axis };
            heat::draw(&grid, chart.unit, frame, locale)
        }
    };
    let (class, suffix) = frame.of([("wide", ""), ("narrow", "-narrow")]);
    let id = format!("{}{suffix}", chart.name);
    let (title, description) = (escape(&chart.title), escape(&chart.description));
    let svg = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>\n{body}</svg>",
        frame.width()
    );
    (svg, legend)
}

/// A coordinate with one decimal: a tenth of a pixel is finer than anyone sees.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A text of a chart, cut to `room` pixels, with the whole as its tooltip.
fn label(text: &str, room: f64) -> String {
    let fits = (room / CHARACTER).max(3.0) as usize;
    let short = cut(text, fits);
    if short.len() == text.len() {
        return escape(text);
    }
    format!("{}<title>{}</title>", escape(&short), escape(&cut(text, 200)))
}

/// What is shown on hover, a line for each part.
fn tip(parts: &[String]) -> String {
    parts.iter().map(|part| escape(part)).collect::<Vec<_>>().join("&#10;")
}

/// The legend of several series: a mark in the colour of each, and its name.
fn legend<'a>(marks: impl Iterator<Item = (String, &'a str)>) -> String {
    let items: String = marks
        .map(|(class, name)| {
            format!("<li><span class=\"mark {class}\"></span>{}</li>", escape(&cut(name, 40)))
        })
        .collect();
    format!("<ul class=\"legend\">{items}</ul>")
}

#[cfg(test)]
mod tests {
    use super::figure;
    use crate::{
        Lang,
        report::{Band, BarSeries, Chart, ChartKind, Line, Locale, Role, Unit},
    };

    fn drawn(kind: ChartKind) -> String {
        let chart = Chart {
            name: "c".to_owned(),
            title: "A <b> & B".to_owned(),
            description: "what \"it\" shows".to_owned(),
            unit: Unit::Money,
            kind,
        };
        figure(&chart, false, Locale::new(Lang::En, None)).unwrap()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn every_kind_has_a_title_a_description_and_its_data_and_survives_any_value() {
        let odd = vec![Some(-5.0), None, Some(f64::NAN), Some(1e300)];
        let labels =
            texts(&["<script>", "", "\u{202E}x", "a very long label that no chart has room for"]);
        let kinds = [
            ChartKind::Lines {
                axis: "month".to_owned(),
                labels: labels.clone(),
                lines: vec![Line {
                    name: "<i>".to_owned(),
                    role: Role::Observed,
                    values: odd.clone(),
                }],
                bands: vec![Band { name: "b".to_owned(), lower: odd.clone(), upper: odd.clone() }],
            },
            ChartKind::Bars {
                axis: "who".to_owned(),
                labels: labels.clone(),
                series: vec![BarSeries { name: "s".to_owned(), values: odd.clone() }],
            },
            ChartKind::Heat {
                row_axis: "r".to_owned(),
                rows: labels,
                column_axis: "c".to_owned(),
                columns: texts(&["one", "two", "three", "four"]),
                values: vec![odd; 4],
            },
        ];
        for kind in kinds {
            let html = drawn(kind);
            for part in [
                "role=\"img\" aria-labelledby=\"c-t c-d\"",
                "<title id=\"c-t\">A &lt;b&gt; &amp; B</title>",
                "<desc id=\"c-d\">what &quot;it&quot; shows</desc>",
                "<table data-name=\"c\">",
                "data-tip=",
            ] {
                assert!(html.contains(part), "{part}\n{html}");
            }
            assert!(
                !html.contains("<script>") && !html.contains("<i>") && !html.contains("=\"NaN")
            );
            assert!(!html.contains("inf\"") && !html.contains("NaN,"), "{html}");
        }
    }

    #[test]
    fn charts_of_nothing_are_empty_pictures() {
        for kind in [
            ChartKind::Lines {
                axis: "x".to_owned(),
                labels: Vec::new(),
                lines: Vec::new(),
                bands: Vec::new(),
            },
            ChartKind::Bars { axis: "x".to_owned(), labels: Vec::new(), series: Vec::new() },
            ChartKind::Heat {
                row_axis: "r".to_owned(),
                rows: Vec::new(),
                column_axis: "c".to_owned(),
                columns: Vec::new(),
                values: Vec::new(),
            },
        ] {
            let html = drawn(kind);
            assert!(html.contains("viewBox=\"0 0 720 ") && !html.contains("NaN"), "{html}");
        }
    }

    #[test]
    fn a_gap_breaks_a_line_and_a_band() {
        let html = drawn(ChartKind::Lines {
            axis: "x".to_owned(),
            labels: texts(&["a", "b", "c", "d", "e"]),
            lines: vec![Line {
                name: "l".to_owned(),
                role: Role::Expected,
                values: vec![Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)],
            }],
            bands: Vec::new(),
        });
        // Two pieces in either picture.
        assert_eq!(html.matches("<polyline class=\"line expected\"").count(), 4);
    }
}
