//! The files that a command line names: files as they are, folders with the policy texts in them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox::authoring::File;

use crate::exit::{Exit, Failure};

/// How deep folders are searched.
const DEPTH: usize = 16;
/// How many files there may be.
const FILES: usize = 20_000;
/// How large a file may be.
const SIZE: u64 = 4 << 20;

/// What stands for the standard input on a command line.
const STDIN: &str = "-";
/// How messages call it.
pub const STDIN_NAME: &str = "<stdin>";

/// Reads them, sorted by name; `-` is the standard input.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<File>> {
    let mut names = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, DEPTH, &mut names)?;
        } else {
            names.push(path.clone());
        }
    }
    names.sort();
    names.dedup();
    if names.len() > FILES {
        return Err(wrong(&format!("there are {} files; {FILES} is the limit", names.len())));
    }
    let files: Vec<File> = names.iter().map(|name| file(name)).collect::<anyhow::Result<_>>()?;
    if files.iter().all(|file| is_data(&file.name)) {
        let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let failure = Failure::new(Exit::BadInput, format!("there are no policies in {}", places.join(", ")));
        return Err(failure.help("policies are files that end with .xml or .cshtml").into());
    }
    Ok(files)
}

/// A file that is there for what policies refer to.
pub fn is_data(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".json")
}

/// A file's text, or the standard input's.
pub fn text(path: &Path) -> anyhow::Result<String> {
    file(path).map(|file| file.text)
}

fn file(path: &Path) -> anyhow::Result<File> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let outcome = if name == STDIN {
        io::stdin().lock().take(SIZE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(SIZE + 1).read_to_end(&mut bytes))
    };
    let size = outcome.map_err(|error| wrong(&format!("{name} cannot be read: {error}")))?;
    if size as u64 > SIZE {
        return Err(wrong(&format!("{name} is too large for a policy")));
    }
    let name = if name == STDIN { STDIN_NAME.to_owned() } else { name };
    Ok(File { name, text: decoded(&bytes) })
}

/// UTF-8, or UTF-16 with a mark that says so. What is neither is shown as well as it goes.
fn decoded(bytes: &[u8]) -> String {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(read)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn wrong(message: &str) -> anyhow::Error {
    Failure::new(Exit::BadInput, message).into()
}

fn search(folder: &Path, depth: usize, names: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            search(&path, depth - 1, names)?;
        } else if kind.is_file() && is_policy(&path) {
            names.push(path);
        }
    }
    Ok(())
}

/// Policies have the endings that Azure's tools give them; named values and backends of `APIOps` are there to be
/// referred to.
fn is_policy(path: &Path) -> bool {
    let is = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    let called = |name: &str| path.file_name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    is("xml") || is("cshtml") || called("namedValueInformation.json") || called("backendInformation.json")
}
