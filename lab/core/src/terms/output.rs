//! Where the results go, and in which form.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::terms::error::{LabError, Result};

/// A form of the results.
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
}

/// Whether the output is coloured. Colour only helps: the glyphs say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal that can, and unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
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

/// Where the results go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The one document on standard output.
    pub stdout: Format,
    /// The documents in files.
    pub files: Vec<Export>,
    /// Where the recordings go.
    pub trace: Option<PathBuf>,
    /// Whether escape sequences are kept.
    pub color: Color,
    /// What the picture is drawn with.
    pub glyphs: Glyphs,
}

/// One document in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its form.
    pub format: Format,
    /// Where it is written.
    pub path: PathBuf,
}

impl Output {
    /// Sorts exports into files and standard output, which `-` means.
    ///
    /// # Errors
    ///
    /// One line if two documents would go to one place.
    pub fn new(format: Option<Format>, exports: Vec<Export>) -> std::result::Result<Self, String> {
        let is_stdout = |export: &Export| export.path == Path::new("-");
        let (piped, files): (Vec<_>, Vec<_>) = exports.into_iter().partition(is_stdout);
        let mut wanted = format.into_iter().chain(piped.iter().map(|export| export.format));
        let stdout = wanted.next().unwrap_or_default();
        if wanted.next().is_some() {
            return Err("standard output holds one document: use --format, or one --export \
                        option with '-', not two of them"
                .to_owned());
        }
        for (index, export) in files.iter().enumerate() {
            if files[..index].iter().any(|other| other.path == export.path) {
                let path = export.path.display();
                return Err(format!("two --export options name the same file '{path}'"));
            }
        }
        Ok(Self { stdout, files, ..Self::default() })
    }

    /// Checks that nothing else is written into the file that `option` names.
    ///
    /// # Errors
    ///
    /// One line if something else is.
    pub fn check_free(&self, option: &str, path: &Path) -> std::result::Result<(), String> {
        let mut taken = self.files.iter().map(|export| &export.path).chain(&self.trace);
        if taken.any(|other| other == path) {
            let path = path.display();
            return Err(format!("{option} and another option name the same file '{path}'"));
        }
        Ok(())
    }

    /// Finds out before the run whether its results can be written, and changes no file.
    ///
    /// # Errors
    ///
    /// [`LabError::BadInput`] with one line that names the file and the reason.
    pub fn check_writable(&self) -> Result<()> {
        let mut paths = self.files.iter().map(|export| &export.path).chain(&self.trace);
        paths.try_for_each(|path| check_writable(path))
    }
}

/// Finds out whether a file can be written, and changes none.
///
/// # Errors
///
/// [`LabError::BadInput`] with one line that names the file and the reason.
pub fn check_writable(path: &Path) -> Result<()> {
    try_writing(path).map_err(|error| {
        LabError::BadInput(format!("cannot write to '{}': {error}", path.display()))
    })
}

impl Export {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// [`LabError::Failed`] with one line that names the file and the reason.
    pub fn write(&self, document: &str) -> Result<()> {
        fs::write(&self.path, document).map_err(|error| {
            LabError::failed(format!("cannot write to '{}'", self.path.display()), error)
        })
    }
}

fn try_writing(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        // Opening a pipe waits for its reader, who may come only when we are done.
        Ok(metadata) if metadata.file_type().is_fifo() => Ok(()),
        Ok(_) => OpenOptions::new().write(true).open(path).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            fs::remove_file(path)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_file(path: &Path) -> Output {
        let export = Export { format: Format::Json, path: path.to_owned() };
        Output::new(None, vec![export]).unwrap()
    }

    #[test]
    fn checking_a_file_neither_makes_nor_empties_it() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old"));
        fs::write(&old, "kept").unwrap();
        assert_eq!(to_file(&new).check_writable(), Ok(()));
        assert_eq!(to_file(&old).check_writable(), Ok(()));
        assert!(!new.exists());
        assert_eq!(fs::read_to_string(&old).unwrap(), "kept");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_with_the_reason() {
        let error = to_file(Path::new("/no/such/folder/x.json")).check_writable().unwrap_err();
        let line = "cannot write to '/no/such/folder/x.json': No such file or directory";
        assert!(error.to_string().starts_with(line), "{error}");
        assert_eq!(error.exit_code(), 2);
        assert!(to_file(Path::new("/")).check_writable().is_err());
    }

    #[test]
    fn an_export_replaces_what_the_file_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "something longer than the document").unwrap();
        to_file(&path).files[0].write("short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    }
}
