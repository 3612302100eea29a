//! The SVG itself: a frame, its grid, the lines, the legend.

use super::scale::Fitted;
use super::{Axis, Chart, Dot, Scale, Series};
use crate::text::add;
use crate::text::plain::escaped;

/// With a legend of short names.
const WIDTH_MIN: f64 = 860.0;
/// About as wide as a letter of the legend is.
const LETTER_WIDTH: f64 = 7.2;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = LEFT + FRAME_WIDTH;
const TOP: f64 = 64.0;
const BOTTOM: f64 = TOP + FRAME_HEIGHT;
const FRAME_WIDTH: f64 = 540.0;
const FRAME_HEIGHT: f64 = 270.0;
const LEGEND_LEFT: f64 = RIGHT + 24.0;
/// Between the dots of two series at the same value: beside each other their error bars are seen.
const DODGE: f64 = 5.0;
/// Half of a marker.
const RADIUS: f64 = 4.5;

/// How a series is told from the others: by colour, light and dark, by how it is dashed, and by
/// its marker. Okabe and Ito's colours without yellow, which white swallows.
const LOOKS: [([&str; 2], &str); 7] = [
    (["#555555", "#bbbbbb"], "2 4"),
    (["#d55e00", "#f07f2e"], "none"),
    (["#0072b2", "#3d9bd9"], "7 3"),
    (["#009e73", "#2fc79a"], "2 3"),
    (["#cc79a7", "#dd93bb"], "9 3 2 3"),
    (["#56b4e9", "#7cc7f2"], "4 4"),
    (["#b07d00", "#f2b632"], "12 4"),
];

/// What the legend says of a knee.
const KNEE: &str = "knee: more is no better";

/// Draws `charts` below each other.
pub fn svg(charts: &[Chart]) -> String {
    let (width, height) = (width(charts), HEIGHT * float(charts.len().max(1)));
    let titles: Vec<_> = charts.iter().map(|chart| escaped(&chart.title)).collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <style>\n{}.line{{fill:none;stroke-width:2}} .bar{{stroke-width:1.5}}\n\
         @media (prefers-color-scheme: dark) {{\n{}}}\n</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n",
        titles.join("; "),
        scheme(0, ["#ffffff", "#222222", "#dddddd"]),
        scheme(1, ["#161616", "#e6e6e6", "#3a3a3a"])
    );
    for (row, chart) in charts.iter().enumerate() {
        let dots = || chart.series.iter().flat_map(|series| &series.dots);
        let x = Fitted::new(&chart.x.scale, dots().map(|dot| dot.x));
        let y = Fitted::new(&chart.y.scale, dots().flat_map(|dot| [dot.y, dot.low, dot.high]));
        let mut panel = Panel { chart, x, y, out };
        add!(panel.out, "<g transform=\"translate(0 {})\">\n", HEIGHT * float(row));
        panel.draw();
        out = panel.out + "</g>\n";
    }
    out + "</svg>\n"
}

/// Wide enough for the longest name.
fn width(charts: &[Chart]) -> f64 {
    let names = charts.iter().flat_map(|chart| &chart.series).map(|series| series.name.as_str());
    let longest = names.chain([KNEE]).map(|name| name.chars().count()).max().unwrap_or(0);
    WIDTH_MIN.max((LEGEND_LEFT + 50.0 + float(longest) * LETTER_WIDTH).ceil())
}

/// The rules for light or dark.
fn scheme(shade: usize, [paper, ink, grid]: [&str; 3]) -> String {
    let mut rules = format!(
        ".paper{{fill:{paper}}} text{{fill:{ink}}} .grid{{stroke:{grid}}}\n\
         .frame,.knee{{stroke:{ink};fill:none}}\n"
    );
    for (number, (colours, dashes)) in LOOKS.iter().enumerate() {
        let colour = colours[shade];
        add!(
            rules,
            ".s{number}{{stroke:{colour}}} .l{number}{{stroke-dasharray:{dashes}}} \
             .m{number}{{fill:{colour}}}\n"
        );
    }
    rules
}

#[expect(clippy::cast_precision_loss, reason = "few charts, series and letters")]
fn float(count: usize) -> f64 {
    count as f64
}

/// A tenth of a pixel is enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

struct Panel<'a> {
    chart: &'a Chart,
    x: Fitted,
    y: Fitted,
    out: String,
}

impl Panel<'_> {
    fn left(&self, x: f64) -> f64 {
        round(LEFT + FRAME_WIDTH * self.x.place(x))
    }

    /// Where a dot of the series with this number is drawn: a little beside the others.
    fn place(&self, number: usize, dot: &Dot) -> (f64, f64) {
        let middle = DODGE * float(self.chart.series.len() - 1) / 2.0;
        let left = self.left(dot.x) + DODGE * float(number) - middle;
        (round(left.clamp(LEFT, RIGHT)), self.top(dot.y))
    }

    fn top(&self, y: f64) -> f64 {
        round(TOP + FRAME_HEIGHT * (1.0 - self.y.place(y)))
    }

    fn text(&mut self, (x, y): (f64, f64), attributes: &str, text: &str) {
        let text = escaped(text);
        add!(self.out, "<text x=\"{x}\" y=\"{y}\"{attributes}>{text}</text>\n");
    }

    fn draw(&mut self) {
        let chart = self.chart;
        self.text((LEFT, 28.0), " font-size=\"17\" font-weight=\"600\"", &chart.title);
        self.text((LEFT, 48.0), "", &chart.subtitle);
        self.grid();
        for (number, series) in chart.series.iter().enumerate() {
            self.line(number, series);
            self.legend(number, series);
        }
        let mut dots = chart.series.iter().flat_map(|series| &series.dots);
        if dots.any(|dot| dot.is_knee) {
            let top = legend_top(chart.series.len());
            self.knee(LEGEND_LEFT + 17.0, top);
            self.text((LEGEND_LEFT + 42.0, top + 4.5), "", KNEE);
        }
    }

    fn grid(&mut self) {
        let Chart { x, y, .. } = self.chart;
        for (value, text) in self.y.ticks(y.unit, None) {
            let top = self.top(value);
            add!(self.out, "<path class=\"grid\" d=\"M{LEFT} {top}H{RIGHT}\"/>\n");
            self.text((LEFT - 8.0, top + 4.5), " text-anchor=\"end\"", &text);
        }
        let middle = " text-anchor=\"middle\"";
        for (value, text) in self.x.ticks(x.unit, Some(measured(self.chart))) {
            let left = self.left(value);
            add!(self.out, "<path class=\"grid\" d=\"M{left} {TOP}V{BOTTOM}\"/>\n");
            self.text((left, BOTTOM + 20.0), middle, &text);
        }
        add!(
            self.out,
            "<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{FRAME_WIDTH}\" \
             height=\"{FRAME_HEIGHT}\"/>\n"
        );
        self.text((LEFT + FRAME_WIDTH / 2.0, BOTTOM + 42.0), middle, &name(x));
        let (top, name) = (TOP + FRAME_HEIGHT / 2.0, name(y));
        let name = escaped(&name);
        let place = format_args!("transform=\"translate(20 {top}) rotate(-90)\"");
        add!(self.out, "<text {place}{middle}>{name}</text>\n");
    }

    fn line(&mut self, number: usize, series: &Series) {
        let look = number % LOOKS.len();
        // What stands side by side is not connected.
        if !matches!(self.chart.x.scale, Scale::Names(_)) {
            let places = series.dots.iter().map(|dot| self.place(number, dot));
            let places: Vec<String> = places.map(|(left, top)| format!("{left},{top}")).collect();
            let places = places.join(" ");
            add!(self.out, "<polyline class=\"line s{look} l{look}\" points=\"{places}\"/>\n");
        }
        for dot in &series.dots {
            let (left, top) = self.place(number, dot);
            add!(self.out, "<g><title>{}</title>\n", escaped(&dot.title));
            if dot.low < dot.high {
                let (low, high) = (self.top(dot.low), self.top(dot.high));
                let (west, east) = (round(left - 4.0), round(left + 4.0));
                add!(
                    self.out,
                    "<path class=\"bar s{look}\" fill=\"none\" \
                     d=\"M{left} {low}V{high}M{west} {low}H{east}M{west} {high}H{east}\"/>\n"
                );
            }
            if dot.is_knee {
                self.knee(left, top);
            }
            self.out += &marker(look, left, top);
            self.out += "</g>\n";
        }
    }

    fn knee(&mut self, left: f64, top: f64) {
        add!(self.out, "<circle class=\"knee\" cx=\"{left}\" cy=\"{top}\" r=\"9\"/>\n");
    }

    fn legend(&mut self, number: usize, series: &Series) {
        let look = number % LOOKS.len();
        let (top, right) = (legend_top(number), LEGEND_LEFT + 34.0);
        let path = format_args!("M{LEGEND_LEFT} {top}H{right}");
        add!(self.out, "<path class=\"line s{look} l{look}\" d=\"{path}\"/>\n");
        self.out += &marker(look, LEGEND_LEFT + 17.0, top);
        self.text((right + 8.0, top + 4.5), "", &series.name);
    }
}

fn legend_top(number: usize) -> f64 {
    TOP + 12.0 + 24.0 * float(number)
}

/// `workers (logarithmic)`.
fn name(axis: &Axis) -> String {
    let scale = if axis.scale == Scale::Log { " (logarithmic)" } else { "" };
    format!("{}{scale}", axis.label)
}

/// The places from left to right at which something was measured.
fn measured(chart: &Chart) -> Vec<f64> {
    let dots = chart.series.iter().flat_map(|series| &series.dots);
    let mut values: Vec<f64> = dots.map(|dot| dot.x).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// A square, a disc, a triangle and so on: each look its own.
fn marker(look: usize, left: f64, top: f64) -> String {
    let r = RADIUS;
    let path = match look {
        0 => format!("M{} {}h9v9h-9z", round(left - r), round(top - r)),
        1 => return format!("<circle class=\"m1\" cx=\"{left}\" cy=\"{top}\" r=\"{r}\"/>\n"),
        2 => format!("M{left} {}l5.5 9.5h-11z", round(top - 6.0)),
        3 => format!("M{left} {}l6 6l-6 6l-6 -6z", round(top - 6.0)),
        4 => format!("M{left} {}l5.5 -9.5h-11z", round(top + 6.0)),
        5 => format!("M{} {top}h4v-4h4v4h4v4h-4v4h-4v-4h-4z", round(left - 6.0)),
        _ => format!("M{} {}h12v4h-12z", round(left - 6.0), round(top - 2.0)),
    };
    format!("<path class=\"m{look}\" d=\"{path}\"/>\n")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::plot::Unit;

    fn chart(series: usize) -> Chart {
        let dot = |(x, y, is_knee)| {
            let title = format!("{x} <took> {y}");
            Dot { x, y, low: y * 0.9, high: y * 1.1, title, is_knee }
        };
        let dots = [(1.0, 0.8, false), (2.0, 0.4, true), (64.0, 0.4, false)];
        let line = |number: usize| {
            let name = format!("series & {number}");
            Series { name, dots: dots.map(dot).to_vec() }
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
        for (part, times) in [
            ("<title>", 6),
            ("class=\"bar ", 6),
            ("1 &lt;took&gt; 0.8", 2),
            ("series &amp; 1", 1),
            ("workers (logarithmic)", 1),
            (">64</text>", 1),
            // And one in the legend.
            ("class=\"knee\" cx", 2 + 1),
        ] {
            assert_eq!(text.matches(part).count(), times, "{part}: {text}");
        }
    }

    /// Fails if two markers have the same outline: in print they were one series.
    #[test]
    fn series_are_told_apart_without_colour() {
        let looks = 0..LOOKS.len();
        let shape = |look| marker(look, 50.0, 50.0).replace(&format!("m{look}"), "");
        let shapes: HashSet<String> = looks.map(shape).collect();
        let dashes: HashSet<&str> = LOOKS.iter().map(|(_, dashes)| *dashes).collect();
        assert_eq!((shapes.len(), dashes.len()), (LOOKS.len(), LOOKS.len()));
    }

    #[test]
    fn several_charts_stand_below_each_other_and_none_is_an_empty_page() {
        assert!(svg(&[chart(1), chart(0)]).contains("translate(0 400)"));
        assert!(svg(&[]).ends_with("</svg>\n"));
    }
}
