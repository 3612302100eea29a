//! The looks of the palette as a style sheet and patterns, for white and for black paper.

use std::fmt::Write;

use crate::look::palette::{LOOKS, Look, Texture};

/// What stands before the first mark: styles and patterns.
pub(super) fn definitions() -> String {
    let mut text = String::from("<style>\n");
    text += "text { font: 12px system-ui, sans-serif; fill: #1a1a1a }\n";
    text += ".name, .shares, .small { font-size: 11px }\n";
    text += ".head { font-weight: 600 }\n.warn { fill: #b00020; font-weight: 600 }\n";
    text += ".paper { fill: #ffffff }\n.rule { stroke: #bbbbbb; stroke-width: 0.5 }\n";
    text += ".vain { stroke: #b00020; stroke-width: 1.2 }\n";
    text += ".holder { fill: #d8d8d8 }\n.other { fill: #f0f0f0 }\n";
    for look in &LOOKS {
        text += &rules(look, look.light);
    }
    text += "@media (prefers-color-scheme: dark) {\n";
    text += "text { fill: #e8e8e8 }\n.warn { fill: #ff8a80 }\n.paper { fill: #14161a }\n";
    text += ".rule { stroke: #555555 }\n.vain { stroke: #ff8a80 }\n";
    text += ".holder { fill: #4a4d55 }\n.other { fill: #33363d }\n";
    for look in &LOOKS {
        text += &rules(look, look.dark);
    }
    text += "}\n</style>\n<defs>\n";
    for look in &LOOKS {
        text += &pattern(look);
    }
    text += "</defs>\n";
    text
}

/// The colour of a state: of its marks, and of what its pattern is drawn with.
fn rules(look: &Look, colour: &str) -> String {
    let name = look.name;
    let mut text = String::new();
    let mut rule = |selector: &str, properties: &str| {
        writeln!(text, ".{name}{selector} {{ {properties} }}").expect("writing to memory");
    };
    match look.texture {
        Texture::Solid => rule("", &format!("fill: {colour}")),
        Texture::Outline => {
            rule("", &format!("fill: {colour}; fill-opacity: 0.35; stroke: {colour}"));
        }
        _ => {
            rule("", &format!("fill: url(#trainyard-{name})"));
            rule("-area", &format!("fill: {colour}"));
            rule("-line", &format!("stroke: {colour}; stroke-width: 1.4; fill: none"));
        }
    }
    text
}

/// What is not solid is a lighter area with marks of the full colour on it; upright lines are of
/// the paper's colour, on an area that is as strong as solid work.
fn pattern(look: &Look) -> String {
    let name = look.name;
    let line = |path: &str| format!("<path class=\"{name}-line\" d=\"{path}\"/>");
    let (opacity, marks) = match look.texture {
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
