//! The scenarios that come with the program.
//!
//! To add one: a folder `catalog/<area>/<name>/` with a `scenario.yaml`, and one line in the table below.

use serde::Serialize;

use crate::model::Document;
use crate::source::{Files, Source};
use crate::yaml;

/// The name of the scenario file in its folder.
pub(crate) const SCENARIO_FILE: &str = "scenario.yaml";

/// A scenario of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogEntry {
    /// How it is asked for: `getting-started/private-api`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it builds and teaches.
    pub summary: String,
}

/// An embedded folder.
struct Folder {
    id: &'static str,
    scenario: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! folder {
    ($id:literal, [$($file:literal),* $(,)?]) => {
        Folder {
            id: $id,
            scenario: include_str!(concat!("../catalog/", $id, "/scenario.yaml")),
            files: &[$(($file, include_str!(concat!("../catalog/", $id, "/", $file)))),*],
        }
    };
}

/// All folders, sorted by id.
const FOLDERS: &[Folder] = &[folder!(
    "getting-started/private-api",
    [
        "README.md",
        "manifests/deployment.yaml",
        "manifests/lesson-internal.yaml",
        "manifests/service.yaml",
        "template/main.json",
        "terraform/main.tf",
    ]
)];

/// The scenarios that come with the program, sorted by id.
pub fn catalog() -> Vec<CatalogEntry> {
    FOLDERS.iter().filter_map(entry).collect()
}

fn entry(folder: &Folder) -> Option<CatalogEntry> {
    let document: Document = yaml::read(folder.id, folder.scenario).ok()?;
    Some(CatalogEntry { id: folder.id.to_owned(), title: document.title, summary: document.summary })
}

/// The ids of the catalog.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    FOLDERS.iter().map(|folder| folder.id)
}

/// The files of a scenario of the catalog.
pub(crate) fn find(id: &str) -> Option<Source> {
    let folder = FOLDERS.iter().find(|folder| folder.id == id)?;
    Some(Source {
        name: format!("{id}/{SCENARIO_FILE}"),
        text: folder.scenario.to_owned(),
        files: Files::Embedded(folder.files),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn the_table_holds_every_file_of_the_catalog_and_is_sorted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
        let mut on_disk = BTreeSet::new();
        collect(&root, &root, &mut on_disk);
        let in_table: BTreeSet<String> = FOLDERS
            .iter()
            .flat_map(|folder| {
                let files = folder.files.iter().map(|(file, _)| *file).chain([SCENARIO_FILE]);
                files.map(|file| format!("{}/{file}", folder.id))
            })
            .collect();
        assert_eq!(in_table, on_disk);
        assert!(FOLDERS.is_sorted_by_key(|folder| folder.id));
        assert_eq!(catalog().len(), FOLDERS.len());
    }

    fn collect(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        let entries: Vec<PathBuf> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        for path in entries {
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                let relative = path.strip_prefix(root).expect("below the root");
                found.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
}
