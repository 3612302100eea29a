//! A trace as one page: a file to send to somebody who has nothing but a browser.
//!
//! # The life of one page
//!
//! 1. `lanes` makes lanes of each run: its lock, its threads or workers, its tasks.
//! 2. [`write()`] fills the template `page.html`: style, scripts, the words (`facts`) and, for each
//!    run, its numbers (`columns`).
//! 3. The browser reads them back (`viewer/data.js`) and draws what is in view (`viewer/draw.js`).
//!    A click on a slice opens the source that emitted its event ([`sites`](super::sites)).
//!
//! The scripts are plain files without a build step, meant to be read too; `viewer/main.js` says
//! in which order. The browser tests are in `lab/tests/browser`.
//!
//! # Invariants
//!
//! - **HTML-1** The page loads nothing: its policy forbids it, and it works from `file://`.
//! - **HTML-2** No text of a trace can leave the place it stands in: see `facts`, and `escaped`.
//!
//! Not here: traces of many millions of events. A picture costs its pixels whatever the trace has
//! (see `viewer/bins.js`), but a browser takes seconds to read a million, of twenty megabytes.

mod columns;
mod facts;
mod lanes;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::look::html::columns::Columns;
use crate::look::html::lanes::Page;
use crate::look::palette::{LOOKS, Look};
use crate::text::plain::escaped;
use trainyard::trace::file::{Run, Trace};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("viewer.css");

macro_rules! scripts {
    ($($name:literal)+) => { [$(include_str!(concat!("viewer/", $name, ".js"))),+] };
}

/// The scripts, in the order in which they run; all share one scope. The last calls the others.
const SCRIPTS: [&str; 16] = scripts! {
    "data" "words" "rows" "range" "places" "bins" "pixels" "paint" "draw" "lanes" "flows" "select"
    "details" "navigate" "page" "main"
};

/// Writes `trace` as one self-contained page.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let pages: Vec<Page<'_>> = trace.runs.iter().map(Page::new).collect();
    // The template is text and names in double braces, in turn.
    let mut parts = TEMPLATE.split("{{");
    out.write_all(parts.next().unwrap_or_default().as_bytes())?;
    parts.try_for_each(|part| {
        let (name, text) = part.split_once("}}").unwrap_or(("", part));
        fill(name, trace, &pages, out)?;
        out.write_all(text.as_bytes())
    })
}

/// Writes what stands in the template under `name`.
fn fill(name: &str, trace: &Trace, pages: &[Page<'_>], out: &mut dyn Write) -> io::Result<()> {
    match name {
        // INVARIANT: [HTML-2] text of a trace comes into markup through here, or through `facts`.
        "title" => out.write_all(escaped(title(trace)).as_bytes()),
        "style" => write!(out, "{}{STYLE}", colours()),
        "facts" => out.write_all(facts::document(trace, pages).as_bytes()),
        "columns" => pages.iter().enumerate().try_for_each(|(index, page)| {
            write!(out, "<script type=\"text/plain\" id=\"columns-{index}\">")?;
            let mut columns = Columns::new(out);
            page.write(&mut columns)?;
            columns.finish()?;
            writeln!(out, "</script>")
        }),
        "script" => SCRIPTS.iter().try_for_each(|text| out.write_all(text.as_bytes())),
        _ => unreachable!("page.html names {name}"),
    }
}

fn title(trace: &Trace) -> &str {
    let label = || trace.runs.first().map(Run::label);
    trace.about.get("command").or_else(label).unwrap_or("an empty trace")
}

/// The colours of the states for the style sheet, which says when which of them hold.
fn colours() -> String {
    let set = |colour: fn(&Look) -> &str| -> String {
        LOOKS.iter().flat_map(|look| [" --", look.name, ": ", colour(look), ";"]).collect()
    };
    let (light, dark) = (set(|look| look.light), set(|look| look.dark));
    format!(":root {{{light} }}\n@media (prefers-color-scheme: dark) {{ :root {{{dark} }} }}\n")
}
