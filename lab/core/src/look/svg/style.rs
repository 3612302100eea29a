//! The looks of the palette as a style sheet and patterns, for white and for black paper.

use crate::look::palette::{LOOKS, Look, Texture};

pub(super) fn definitions() -> String {
    let all = |part: fn(&Look) -> String| LOOKS.iter().map(part).collect::<String>();
    include_str!("style.svg")
        .replace("{{light}}", &all(|look| rules(look, look.light)))
        .replace("{{dark}}", &all(|look| rules(look, look.dark)))
        .replace("{{patterns}}", &all(pattern))
}

/// The colour of a state: of its marks, and of what its pattern is drawn with.
fn rules(Look { name, texture, .. }: &Look, colour: &str) -> String {
    match texture {
        Texture::Solid => format!(".{name} {{ fill: {colour} }}\n"),
        Texture::Outline => {
            format!(".{name} {{ fill: {colour}; fill-opacity: 0.35; stroke: {colour} }}\n")
        }
        _ => format!(
            ".{name} {{ fill: url(#trainyard-{name}) }}\n.{name}-area {{ fill: {colour} }}\n\
             .{name}-line {{ stroke: {colour}; stroke-width: 1.4; fill: none }}\n"
        ),
    }
}

/// What is not solid is a lighter area with marks of the full colour on it; upright lines are of
/// the paper's colour, on an area that is as strong as solid work.
fn pattern(Look { name, texture, .. }: &Look) -> String {
    let line = |path: &str| format!("<path class=\"{name}-line\" d=\"{path}\"/>");
    let (opacity, marks) = match texture {
        Texture::Solid | Texture::Outline => return String::new(),
        Texture::Hatch => ("0.3", line("M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2")),
        Texture::Dots => {
            ("0.3", format!("<circle class=\"{name}-area\" cx=\"3\" cy=\"3\" r=\"1.4\"/>"))
        }
        Texture::Stripes => {
            ("1", "<path class=\"paper\" fill-opacity=\"0.75\" d=\"M2,0 h1.2 v6 h-1.2 z\"/>".into())
        }
        Texture::Crosses => ("0.3", line("M0,0 l6,6 M0,6 l6,-6")),
    };
    format!(
        "<pattern id=\"trainyard-{name}\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\"><rect class=\"{name}-area\" width=\"6\" height=\"6\" \
         fill-opacity=\"{opacity}\"/>{marks}</pattern>\n"
    )
}
