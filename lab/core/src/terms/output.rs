//! Where the results go, and in which form.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::terms::error::Result;
use crate::terms::outfile::{self, Extent};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The picture, the table, and what they mean.
    #[default]
    Table,
    /// One document, `trainyard.compare/1`.
    Json,
    /// One line for each contender.
    Csv,
    /// A table to paste into an issue.
    Markdown,
    /// A chart: of a sweep, and only where an option of its own asks for it.
    #[value(skip)]
    Svg,
}

/// Whether the output is coloured. Colour only helps: the glyphs say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal that can, and unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// What the picture is drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Shades and blocks.
    #[default]
    Unicode,
    /// What every terminal and font has.
    Ascii,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The one document on standard output.
    pub stdout: Format,
    pub files: Vec<Export>,
    /// Where the recordings go.
    pub trace: Option<PathBuf>,
    /// Whether escape sequences are kept.
    pub color: Color,
    pub glyphs: Glyphs,
}

/// One document in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub format: Format,
    pub path: PathBuf,
}

impl Output {
    /// Sorts exports into files and standard output, which `-` means.
    /// Fails with one line if two documents would go to one place.
    pub fn new(
        format: Option<Format>,
        exports: Vec<Export>,
        trace: Option<PathBuf>,
    ) -> std::result::Result<Self, String> {
        let is_stdout = |export: &Export| export.path == Path::new("-");
        let (piped, files): (Vec<_>, Vec<_>) = exports.into_iter().partition(is_stdout);
        let mut wanted = format.into_iter().chain(piped.iter().map(|export| export.format));
        let stdout = wanted.next().unwrap_or_default();
        if wanted.next().is_some() {
            return Err("standard output holds one document: use --format, or one --export \
                        option with '-', not two of them"
                .to_owned());
        }
        let output = Self { stdout, files, trace, ..Self::default() };
        let named: Vec<(&str, &Path)> = output.named().collect();
        for (index, (option, path)) in named.iter().enumerate() {
            let mut earlier = named[..index].iter();
            if let Some((other, _)) = earlier.find(|(_, other)| outfile::is_same(path, other)) {
                let shown = path.display();
                return Err(format!("{other} and {option} name the same file '{shown}'"));
            }
        }
        Ok(output)
    }

    /// Every file, with the option that names it.
    fn named(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let option = |format| match format {
            Format::Table => "--export",
            Format::Json => "--export-json",
            Format::Csv => "--export-csv",
            Format::Markdown => "--export-markdown",
            Format::Svg => "--export-svg",
        };
        let files = self.files.iter();
        let files = files.map(move |export| (option(export.format), export.path.as_path()));
        files.chain(self.trace.iter().map(|path| ("--output", path.as_path())))
    }

    /// Finds out before the run whether its results can be written, and changes no file.
    /// Fails with one line that names the file and the reason.
    pub fn check_writable(&self) -> Result<()> {
        self.named().try_for_each(|(_, path)| outfile::check_writable(path))
    }

    /// Writes the files; what fails in one place is no reason not to write it in another.
    /// The first failure counts.
    pub fn write(&self, extent: Extent, document: impl Fn(Format) -> String) -> Result<()> {
        let mut written = Ok(());
        for Export { format, path } in &self.files {
            let text = document(*format);
            let one = outfile::write(path, extent, |file| file.write_all(text.as_bytes()));
            written = written.and(one.map(drop));
        }
        written
    }
}
