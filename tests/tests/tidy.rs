//! Rules about the source itself: who imports whom, how large files are, which licences and TLS providers come along.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends that way")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Lines of code that a file may have, its tests apart.
const FILE_LINES: usize = 600;

/// Licences that may come along, as SPDX identifiers.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Licences of crates that name a file in place of an identifier.
const LICENCE_FILES: &[(&str, &str)] = &[("jsonpath-rust", "MIT")];

/// Crates that must not come along, and what is used instead.
const BANNED: &[(&str, &str)] = &[
    ("ring", "aws-lc-rs is the one TLS provider"),
    ("openssl", "aws-lc-rs is the one TLS provider"),
    ("native-tls", "aws-lc-rs is the one TLS provider"),
    ("rsa", "aws-lc-rs; RUSTSEC-2023-0071"),
    ("serde_yaml", "serde-saphyr"),
    ("serde_yml", "serde-saphyr"),
    ("async-std", "tokio is the one runtime"),
];

#[test]
fn crates_import_what_the_architecture_allows() {
    let metadata = metadata();
    let table = layer_table();
    let members = metadata.workspace_packages();
    let names: BTreeSet<String> = members.iter().map(|package| package.name.to_string()).collect();
    assert_eq!(names, table.keys().cloned().collect(), "ARCHITECTURE.md lists the crates of the workspace");
    for package in members {
        let (allowed, _) = &table[package.name.as_str()];
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            let inside = names.contains(&dependency.name);
            assert!(
                !inside || allowed.contains(&dependency.name),
                "{} must not import {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn what_one_crate_owns_no_other_crate_imports() {
    let metadata = metadata();
    let table = layer_table();
    let owned: BTreeSet<&String> = table.values().flat_map(|(_, owned)| owned).collect();
    for package in metadata.workspace_packages() {
        let (_, own) = &table[package.name.as_str()];
        let foreign = package.dependencies.iter().find(|dependency| {
            let is_owned = owned.contains(&dependency.name) && !own.contains(&dependency.name);
            dependency.kind == DependencyKind::Normal && is_owned
        });
        let name = foreign.map_or("", |dependency| dependency.name.as_str());
        assert!(
            foreign.is_none(),
            "{} must not import {name}: ARCHITECTURE.md gives it to others",
            package.name
        );
    }
}

#[test]
fn no_banned_crate_and_no_unknown_licence_comes_along() {
    let packages = built_packages();
    assert!(packages.len() > 100, "found {} packages", packages.len());
    for (name, licence) in packages {
        if let Some((_, instead)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            panic!("{name} is banned: {instead}");
        }
        let in_file = LICENCE_FILES.iter().find(|(known, _)| licence.is_empty() && *known == name);
        let licence = in_file.map_or(licence.as_str(), |(_, licence)| licence);
        assert!(licensed(licence), "{name} has licence `{licence}`");
    }
}

#[test]
fn files_stay_small_and_open_with_their_purpose() {
    let sources = sources();
    assert!(sources.len() > 50, "found {} source files", sources.len());
    for path in sources {
        let text = fs::read_to_string(&path).expect("a readable source file");
        let lines = code_lines(&text);
        assert!(
            lines <= FILE_LINES,
            "{} has {lines} lines of code, {FILE_LINES} are allowed",
            path.display()
        );
        assert!(text.starts_with("//!"), "{} does not open with `//!`", path.display());
    }
}

#[test]
fn only_one_module_prints_and_only_one_reads_the_environment() {
    let root = root();
    for path in sources() {
        let place = path.strip_prefix(&root).expect("a path below the root").to_string_lossy().into_owned();
        if place.starts_with("tests/")
            || ["/tests/", "/benches/"].iter().any(|folder| place.contains(folder))
            || place.ends_with("tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a readable source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (words, home) in [
            (["println!(", "print!("].as_slice(), "cli/src/report.rs"),
            (["env::var", "env::vars"].as_slice(), "cli/src/config.rs"),
            (["SystemTime::now", "Instant::now"].as_slice(), "lib/sim/src/clock.rs"),
        ] {
            for word in words {
                let found =
                    code.lines().any(|line| line.contains(word) && !line.trim_start().starts_with("//"));
                assert!(!found || place == home, "{place} uses {word}..: only {home} may");
            }
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder").to_owned()
}

/// Of this machine's platform: what only other platforms need was not downloaded.
fn metadata() -> Metadata {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let options = ["--locked", "--filter-platform", host];
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options.map(str::to_owned).to_vec())
        .exec()
        .expect("cargo metadata")
}

type Layers = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

/// The table "Who may import whom" of ARCHITECTURE.md: crate → (may import, alone may use).
fn layer_table() -> Layers {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, section) = text.split_once("## Who may import whom").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let words = |cell: &str| {
        cell.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    section
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), (words(cells[2]), words(cells[3])))
        })
        .collect()
}

/// What is built for this machine, by name and licence: `cargo metadata` also lists what no feature asks for.
fn built_packages() -> BTreeMap<String, String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--prefix", "none", "--format", "{p}|{l}"])
        .current_dir(root())
        .output()
        .expect("cargo tree runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8_lossy(&tree.stdout).into_owned();
    let entries = lines.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    entries
        .filter_map(|(package, licence)| Some((package.split(' ').next()?.to_owned(), licence.to_owned())))
        .collect()
}

/// One of the alternatives that the expression offers consists of allowed licences.
fn licensed(expression: &str) -> bool {
    let plain = expression.replace(" WITH LLVM-exception", "").replace(['(', ')'], "").replace('/', " OR ");
    let allowed = |licence: &str| LICENCES.contains(&licence.trim());
    plain.split(" OR ").any(|choice| choice.split(" AND ").all(allowed))
        || plain.split(" AND ").all(|part| part.split(" OR ").any(allowed))
}

/// Every Rust source file of the workspace.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["cli", "cloud", "cluster", "emulator", "gateway", "lib", "sandbox", "scenarios", "tests"]
            .iter()
            .map(|folder| root().join(folder))
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Lines that hold code: no blank lines, no comments, nothing from the tests on.
fn code_lines(text: &str) -> usize {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}
