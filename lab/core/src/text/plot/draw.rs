//! The SVG itself: a frame, its grid, the lines, the legend.

use super::scale::Fitted;
use super::{Axis, Chart, Dot, Mark, Scale, Series};
use crate::text::add;

/// With a legend of short names.
const WIDTH_MIN: f64 = 860.0;
/// About as wide as a letter of the legend is.
const LETTER_WIDTH: f64 = 7.2;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 86.0;
const TOP: f64 = 64.0;
const FRAME_WIDTH: f64 = 540.0;
const FRAME_HEIGHT: f64 = 270.0;
const LEGEND_LEFT: f64 = LEFT + FRAME_WIDTH + 24.0;
/// Between the dots of two series at the same value: beside each other their error bars are seen.
const DODGE: f64 = 5.0;
/// Half of a marker.
const RADIUS: f64 = 4.5;

/// How a series is told from the others: by colour, by how it is dashed, by its marker. Okabe and
/// Ito's colours without yellow, which white swallows.
const LOOKS: [(&str, &str, &str); 7] = [
    ("#555555", "#bbbbbb", "2 4"),
    ("#d55e00", "#f07f2e", "none"),
    ("#0072b2", "#3d9bd9", "7 3"),
    ("#009e73", "#2fc79a", "2 3"),
    ("#cc79a7", "#dd93bb", "9 3 2 3"),
    ("#56b4e9", "#7cc7f2", "4 4"),
    ("#b07d00", "#f2b632", "12 4"),
];

/// Draws `charts` below each other.
///
/// # Panics
///
/// Never: what is written to is memory.
pub fn svg(charts: &[Chart]) -> String {
    let out = &mut String::new();
    let rows = charts.iter().fold(0.0, |rows: f64, _| rows + 1.0);
    let (width, height) = (width(charts), HEIGHT * rows.max(1.0));
    let titles: Vec<String> = charts.iter().map(|chart| escape(&chart.title)).collect();
    add!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n",
        titles.join("; ")
    );
    style(out);
    add!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n");
    let mut top = 0.0;
    for chart in charts {
        add!(out, "<g transform=\"translate(0 {top})\">\n");
        panel(chart, out);
        add!(out, "</g>\n");
        top += HEIGHT;
    }
    add!(out, "</svg>\n");
    std::mem::take(out)
}

/// Wide enough for the longest name.
fn width(charts: &[Chart]) -> f64 {
    let names = charts.iter().flat_map(|chart| &chart.series).map(|series| series.name.as_str());
    let longest = names.chain([KNEE]).map(|name| name.chars().fold(0.0, |len, _| len + 1.0));
    let longest = longest.fold(0.0, f64::max) * LETTER_WIDTH;
    WIDTH_MIN.max((LEGEND_LEFT + 50.0 + longest).ceil())
}

/// What the legend says of a knee.
const KNEE: &str = "knee: more is no better";

fn style(out: &mut String) {
    add!(out, "<style>\n");
    let scheme = |out: &mut String, paper: &str, ink: &str, grid: &str, is_dark: Shade| {
        add!(out, ".paper{{fill:{paper}}} text{{fill:{ink}}} .grid{{stroke:{grid}}}\n");
        add!(out, ".frame,.knee{{stroke:{ink};fill:none}}\n");
        for (number, (light, dark, dashes)) in LOOKS.iter().enumerate() {
            let colour = if is_dark == Shade::Dark { dark } else { light };
            add!(
                out,
                ".s{number}{{stroke:{colour}}} .l{number}{{stroke-dasharray:{dashes}}} \
                 .m{number}{{fill:{colour}}}\n"
            );
        }
    };
    scheme(out, "#ffffff", "#222222", "#dddddd", Shade::Light);
    add!(out, ".line{{fill:none;stroke-width:2}} .bar{{stroke-width:1.5}}\n");
    add!(out, "@media (prefers-color-scheme: dark) {{\n");
    scheme(out, "#161616", "#e6e6e6", "#3a3a3a", Shade::Dark);
    add!(out, "}}\n</style>\n");
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shade {
    Light,
    Dark,
}

/// A chart with its scales.
struct Panel<'a> {
    chart: &'a Chart,
    x: Fitted,
    y: Fitted,
}

impl Panel<'_> {
    fn left(&self, x: f64) -> f64 {
        round(LEFT + FRAME_WIDTH * self.x.place(x))
    }

    /// Where the dot of the series with this number is drawn: a little beside the others.
    fn left_of(&self, number: usize, x: f64) -> f64 {
        let steps = |count: usize| (0..count).fold(0.0, |sum: f64, _| sum + DODGE);
        let middle = steps(self.chart.series.len().saturating_sub(1)) / 2.0;
        round((self.left(x) + steps(number) - middle).clamp(LEFT, LEFT + FRAME_WIDTH))
    }

    fn top(&self, y: f64) -> f64 {
        round(TOP + FRAME_HEIGHT * (1.0 - self.y.place(y)))
    }
}

/// A tenth of a pixel is enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn panel(chart: &Chart, out: &mut String) {
    let dots = || chart.series.iter().flat_map(|series| &series.dots);
    let x = Fitted::new(&chart.x.scale, dots().map(|dot| dot.x));
    let y = Fitted::new(&chart.y.scale, dots().flat_map(|dot| [dot.y, dot.low, dot.high]));
    let panel = Panel { chart, x, y };
    let (title, subtitle) = (escape(&chart.title), escape(&chart.subtitle));
    add!(out, "<text x=\"{LEFT}\" y=\"28\" font-size=\"17\" font-weight=\"600\">{title}</text>\n");
    add!(out, "<text x=\"{LEFT}\" y=\"48\">{subtitle}</text>\n");
    grid(&panel, out);
    for (number, series) in chart.series.iter().enumerate() {
        line(&panel, number, series, out);
        legend(number, series, out);
    }
    let has_knee = dots().any(|dot| dot.mark == Mark::Knee);
    if has_knee {
        knee_legend(chart.series.len(), out);
    }
}

fn grid(panel: &Panel<'_>, out: &mut String) {
    let (right, bottom) = (LEFT + FRAME_WIDTH, TOP + FRAME_HEIGHT);
    let Chart { x, y, .. } = panel.chart;
    for (value, text) in panel.y.ticks(y.unit, None) {
        let top = panel.top(value);
        add!(out, "<path class=\"grid\" d=\"M{LEFT} {top}H{right}\"/>\n");
        let (left, base) = (LEFT - 8.0, top + 4.5);
        add!(out, "<text x=\"{left}\" y=\"{base}\" text-anchor=\"end\">{text}</text>\n");
    }
    for (value, text) in panel.x.ticks(x.unit, Some(measured(panel.chart))) {
        let (left, base, text) = (panel.left(value), bottom + 20.0, escape(&text));
        add!(out, "<path class=\"grid\" d=\"M{left} {TOP}V{bottom}\"/>\n");
        add!(out, "<text x=\"{left}\" y=\"{base}\" text-anchor=\"middle\">{text}</text>\n");
    }
    add!(
        out,
        "<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{FRAME_WIDTH}\" \
         height=\"{FRAME_HEIGHT}\"/>\n"
    );
    let (middle, below) = (LEFT + FRAME_WIDTH / 2.0, bottom + 42.0);
    add!(out, "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{}</text>\n", name(x));
    let middle = TOP + FRAME_HEIGHT / 2.0;
    add!(
        out,
        "<text transform=\"translate(20 {middle}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        name(y)
    );
}

/// `workers (logarithmic)`.
fn name(axis: &Axis) -> String {
    let scale = if axis.scale == Scale::Log { " (logarithmic)" } else { "" };
    format!("{}{scale}", escape(&axis.label))
}

/// The places from left to right at which something was measured.
fn measured(chart: &Chart) -> Vec<f64> {
    let mut values: Vec<f64> =
        chart.series.iter().flat_map(|series| series.dots.iter().map(|dot| dot.x)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

fn line(panel: &Panel<'_>, number: usize, series: &Series, out: &mut String) {
    let look = number % LOOKS.len();
    // What stands side by side is not connected.
    if !matches!(panel.chart.x.scale, Scale::Names(_)) {
        let place = |dot: &Dot| format!("{},{}", panel.left_of(number, dot.x), panel.top(dot.y));
        let places: Vec<String> = series.dots.iter().map(place).collect();
        add!(out, "<polyline class=\"line s{look} l{look}\" points=\"{}\"/>\n", places.join(" "));
    }
    for dot in &series.dots {
        let (left, top) = (panel.left_of(number, dot.x), panel.top(dot.y));
        let (low, high) = (panel.top(dot.low), panel.top(dot.high));
        add!(out, "<g><title>{}</title>\n", escape(&dot.title));
        if dot.low < dot.high {
            let (west, east) = (round(left - 4.0), round(left + 4.0));
            add!(
                out,
                "<path class=\"bar s{look}\" fill=\"none\" \
                 d=\"M{left} {low}V{high}M{west} {low}H{east}M{west} {high}H{east}\"/>\n"
            );
        }
        if dot.mark == Mark::Knee {
            add!(out, "<circle class=\"knee\" cx=\"{left}\" cy=\"{top}\" r=\"9\"/>\n");
        }
        marker(number, left, top, out);
        add!(out, "</g>\n");
    }
}

/// A square, a disc, a triangle and so on: each series its own.
fn marker(number: usize, left: f64, top: f64, out: &mut String) {
    let look = number % LOOKS.len();
    let r = RADIUS;
    if look == 1 {
        add!(out, "<circle class=\"m{look}\" cx=\"{left}\" cy=\"{top}\" r=\"{r}\"/>\n");
        return;
    }
    let path = match look {
        0 => format!("M{} {}h9v9h-9z", round(left - r), round(top - r)),
        2 => format!("M{left} {}l5.5 9.5h-11z", round(top - 6.0)),
        3 => format!("M{left} {}l6 6l-6 6l-6 -6z", round(top - 6.0)),
        4 => format!("M{left} {}l5.5 -9.5h-11z", round(top + 6.0)),
        5 => format!("M{} {top}h4v-4h4v4h4v4h-4v4h-4v-4h-4z", round(left - 6.0)),
        _ => format!("M{} {}h12v4h-12z", round(left - 6.0), round(top - 2.0)),
    };
    add!(out, "<path class=\"m{look}\" d=\"{path}\"/>\n");
}

fn legend(number: usize, series: &Series, out: &mut String) {
    let look = number % LOOKS.len();
    let (top, right) = (legend_top(number), LEGEND_LEFT + 34.0);
    let (middle, text, base) = (LEGEND_LEFT + 17.0, right + 8.0, top + 4.5);
    add!(out, "<path class=\"line s{look} l{look}\" d=\"M{LEGEND_LEFT} {top}H{right}\"/>\n");
    marker(number, middle, top, out);
    add!(out, "<text x=\"{text}\" y=\"{base}\">{}</text>\n", escape(&series.name));
}

fn knee_legend(number: usize, out: &mut String) {
    let top = legend_top(number);
    let (middle, text, base) = (LEGEND_LEFT + 17.0, LEGEND_LEFT + 42.0, top + 4.5);
    add!(out, "<circle class=\"knee\" cx=\"{middle}\" cy=\"{top}\" r=\"9\"/>\n");
    add!(out, "<text x=\"{text}\" y=\"{base}\">{KNEE}</text>\n");
}

fn legend_top(number: usize) -> f64 {
    (0..number).fold(TOP + 12.0, |top, _| top + 24.0)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Nothing that XML 1.0 forbids.
            c if c.is_control() => escaped.extend(c.escape_default()),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::plot::Unit;

    fn dot(x: f64, y: f64, mark: Mark) -> Dot {
        Dot { x, y, low: y * 0.9, high: y * 1.1, title: format!("{x} <took> {y}"), mark }
    }

    fn chart(series: usize) -> Chart {
        let line = |number: usize| Series {
            name: format!("series & {number}"),
            dots: vec![
                dot(1.0, 0.8, Mark::None),
                dot(2.0, 0.4, Mark::Knee),
                dot(64.0, 0.4, Mark::None),
            ],
        };
        let axis = |label: &str, unit| Axis { label: label.to_owned(), scale: Scale::Log, unit };
        Chart {
            title: "io".to_owned(),
            subtitle: "medians".to_owned(),
            x: axis("workers", Unit::Count),
            y: axis("time", Unit::Seconds),
            series: (0..series).map(line).collect(),
        }
    }

    #[test]
    fn every_point_has_a_title_a_marker_and_an_error_bar() {
        let text = svg(&[chart(2)]);
        assert_eq!(text.matches("<title>").count(), 6);
        assert_eq!(text.matches("class=\"bar ").count(), 6);
        assert!(text.contains("1 &lt;took&gt; 0.8") && text.contains("series &amp; 1"), "{text}");
        assert!(text.contains("workers (logarithmic)") && text.contains(">64</text>"), "{text}");
        assert_eq!(text.matches("class=\"knee\" cx").count(), 2 + 1, "and one in the legend");
    }

    /// Fails if two markers have the same outline: in print they were one series.
    #[test]
    fn series_are_told_apart_without_colour() {
        let mut shapes = HashSet::new();
        for number in 0..LOOKS.len() {
            let mut text = String::new();
            marker(number, 50.0, 50.0, &mut text);
            shapes.insert(text.replace(&format!("m{number}"), ""));
        }
        let dashes: HashSet<&str> = LOOKS.iter().map(|(_, _, dashes)| *dashes).collect();
        assert_eq!((shapes.len(), dashes.len()), (LOOKS.len(), LOOKS.len()));
    }

    #[test]
    fn several_charts_stand_below_each_other_and_none_is_an_empty_page() {
        assert!(svg(&[chart(1), chart(1)]).contains("translate(0 400)"));
        assert!(svg(&[]).ends_with("</svg>\n"));
        assert_eq!(escape("a\u{1b}b"), "a\\u{1b}b");
    }
}
