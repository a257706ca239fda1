//! Bundles without an engine: exports of both generations go in, the same content comes out, and damage is found.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::archive::{Archive, Draft, digest_of};
use super::{Content, Error, export, finish};
use crate::kind::images::{Meter, Reference, Say};

const CONFIG: &[u8] = br#"{"architecture":"amd64","os":"linux","rootfs":{}}"#;

fn silent() -> Say {
    Arc::new(|_| {})
}

/// A tar of files, and of links whose contents begin with `->`.
fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, contents) in files {
        let mut header = tar::Header::new_gnu();
        if let Some(target) = contents.strip_prefix(b"->") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            tar.append_link(&mut header, path, str::from_utf8(target).expect("text")).expect("a link");
        } else {
            header.set_size(contents.len() as u64);
            tar.append_data(&mut header, path, *contents).expect("a file");
        }
    }
    tar.into_inner().expect("a tar")
}

/// What an engine before 25 exports.
fn old_export(layer: &[u8]) -> Vec<u8> {
    let manifest =
        json!([{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["1/layer.tar", "2/layer.tar"]}])
            .to_string();
    tar_of(&[
        ("1/VERSION", b"1.0"),
        ("1/json", b"{}"),
        ("1/layer.tar", layer),
        ("2/layer.tar", b"->../1/layer.tar"),
        ("c.json", CONFIG),
        ("manifest.json", manifest.as_bytes()),
    ])
}

/// What a later one exports.
fn new_export(layer: &[u8]) -> Vec<u8> {
    let path = |contents: &[u8]| format!("blobs/sha256/{}", &digest_of(contents)[7..]);
    let (config, layer_path) = (path(CONFIG), path(layer));
    let manifest =
        json!([{"Config": config, "RepoTags": ["a:1"], "Layers": [layer_path, layer_path]}]).to_string();
    tar_of(&[
        (&config, CONFIG),
        (&layer_path, layer),
        ("index.json", b"{}"),
        ("oci-layout", b"{}"),
        ("manifest.json", manifest.as_bytes()),
    ])
}

fn bundle(path: &Path, exports: &[Vec<u8>]) -> std::io::Result<()> {
    let draft = Draft::of(path);
    let mut archive = Archive::create(draft.path())?;
    let mut added = Vec::new();
    for (number, export) in exports.iter().enumerate() {
        let name = Reference::parse(&format!("a:{number}")).expect("a name");
        added.push(export::add(&mut archive, &mut Cursor::new(export), &name)?);
    }
    finish(archive, added)?;
    draft.keep()
}

fn verify(path: &Path) -> Result<Content, Error> {
    super::verify::verify(path, &Meter::new(&silent(), "checking", 1))
}

#[test]
fn exports_of_old_and_new_engines_give_the_same_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    // Larger than what is kept in memory, and smaller.
    for layer in [vec![7; 5 * 1024 * 1024], vec![7; 1000]] {
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        bundle(&old, &[old_export(&layer)]).expect("a bundle");
        bundle(&new, &[new_export(&layer)]).expect("a bundle");
        assert_eq!(fs::read(&old).expect("a file"), fs::read(&new).expect("a file"));
        let content = verify(&old).expect("it is whole");
        assert_eq!(content.images.len(), 1);
        assert_eq!(content.images[0].id, digest_of(CONFIG));
        assert_eq!(content.images[0].image, "a:0");
        assert!(!folder.path().join("old.part").exists());
    }
}

#[test]
fn what_images_share_is_there_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle");
    let layer = vec![7; 5 * 1024 * 1024];
    bundle(&path, &[old_export(&layer), new_export(&layer), old_export(b"other")]).expect("a bundle");
    assert!(fs::metadata(&path).expect("a file").len() < 6 * 1024 * 1024);
    assert_eq!(verify(&path).expect("it is whole").images.len(), 3);
}

#[test]
fn every_damage_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle");
    bundle(&path, &[old_export(&[7; 1000])]).expect("a bundle");
    let whole = fs::read(&path).expect("a file");
    // One bit anywhere in the files: a header, a blob, a description. The filling between them does not matter.
    for at in (0..whole.len() - 1024).step_by(7).filter(|at| whole[*at] != 0) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, damaged).expect("written");
        let found = verify(&path);
        assert!(found.is_err(), "byte {at} ({:?})", char::from(whole[at]));
    }
    for length in [0, 100, 600, whole.len() / 2] {
        fs::write(&path, &whole[..length]).expect("written");
        assert!(matches!(verify(&path), Err(Error::Bundle { .. })), "{length}");
    }
}

#[test]
fn what_does_not_belong_into_a_bundle_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle");
    for (file, contents) in [("evil", &b"{}"[..]), ("blobs/sha256/00", b"x"), ("a", b"->b")] {
        fs::write(&path, tar_of(&[(file, contents)])).expect("written");
        let error = verify(&path).expect_err("it is no bundle").to_string();
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn an_export_that_is_wrong_leaves_no_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle");
    let manifest = |text: &'static str| tar_of(&[("c.json", CONFIG), ("manifest.json", text.as_bytes())]);
    for export in [
        Vec::new(),
        tar_of(&[("x", b"y")]),
        manifest("[]"),
        manifest("{"),
        manifest(r#"[{"Config":"no","Layers":[]}]"#),
        manifest(r#"[{"Config":"c.json","Layers":["no"]}]"#),
        tar_of(&[("c.json", CONFIG), ("l", b"->../../etc/passwd")]),
        old_export(&[7; 1000])[..1500].to_vec(),
    ] {
        assert!(bundle(&path, &[export]).is_err());
        assert!(fs::read_dir(folder.path()).expect("a folder").next().is_none());
    }
}
