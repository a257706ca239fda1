//! An image as the engine exports it, put into the archive. Engines before 25 write a folder a layer, later ones an OCI
//! layout; `manifest.json` says in both which files an image consists of.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use super::archive::{Archive, Blob};
use super::layout::{
    BLOBS, CONFIG_TYPE, DOCKER_MANIFEST, Descriptor, DockerImage, Image, Manifest, Platform, layer_type,
};
use crate::kind::images::Reference;

/// A file up to this size may be a description; larger ones are layers.
const SMALL: u64 = 4 * 1024 * 1024;
/// Descriptions that are kept until it is known which are needed, all together.
const MOST: usize = 64 * 1024 * 1024;
/// Files in an export.
const FILES: usize = 10_000;
/// Links that follow each other.
const LINKS: usize = 8;

/// A file of the export.
enum Found {
    /// It is in the archive already.
    Blob(Blob),
    /// It goes there if it is needed.
    Description(Vec<u8>),
    /// It is the same as another one.
    Link(String),
}

/// Reads one image's export to its end and adds the image to the archive.
pub(super) fn add(archive: &mut Archive, export: &mut impl Read, name: &Reference) -> io::Result<Image> {
    let mut found = read(archive, export)?;
    let images: Vec<DockerImage> = match found.remove(DOCKER_MANIFEST) {
        Some(Found::Description(text)) => serde_json::from_slice(&text)?,
        _ => return Err(bad("the engine's export has no manifest.json")),
    };
    let [image] = images.as_slice() else { return Err(bad("the engine exported another number of images")) };
    let Some(Found::Description(config)) = resolve(&found, &image.config) else {
        return Err(bad("the engine's export has no configuration of the image"));
    };
    let platform: Platform = serde_json::from_slice(config)?;
    let config = archive.add_blob(config)?;
    let mut layers = Vec::new();
    for path in &image.layers {
        let blob = match resolve(&found, path) {
            Some(Found::Blob(blob)) => blob.clone(),
            Some(Found::Description(text)) => archive.add_blob(text)?,
            _ => return Err(bad("the engine's export lacks a layer")),
        };
        layers.push(Descriptor::new(layer_type(&blob.first), blob.digest, blob.size));
    }
    let manifest = Manifest::new(Descriptor::new(CONFIG_TYPE, config.digest, config.size), layers);
    let text = serde_json::to_vec(&manifest)?;
    archive.add_blob(&text)?;
    Ok(Image::new(name, &manifest, &text, platform))
}

/// Takes layers over as they come, and keeps the rest.
fn read(archive: &mut Archive, export: &mut impl Read) -> io::Result<BTreeMap<String, Found>> {
    let mut found = BTreeMap::new();
    let mut kept = 0;
    for entry in tar::Archive::new(export).entries()? {
        let mut entry = entry?;
        let path = plain(&entry.path()?).ok_or_else(|| bad("the engine's export has a strange file name"))?;
        let size = entry.size();
        let kind = entry.header().entry_type();
        let one = if kind.is_symlink() || kind.is_hard_link() {
            let target =
                entry.link_name()?.ok_or_else(|| bad("the engine's export has a link to nowhere"))?;
            let folder = Path::new(&path).parent().filter(|_| kind.is_symlink()).unwrap_or(Path::new(""));
            match plain(&folder.join(target)) {
                Some(target) => Found::Link(target),
                None => return Err(bad("the engine's export has a link that leads out of it")),
            }
        } else if !kind.is_file() {
            continue;
        } else if size > SMALL {
            Found::Blob(archive.copy_blob(&mut entry, size)?)
        } else {
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents)?;
            let is_layer = path.ends_with("layer.tar") || path.starts_with(BLOBS);
            if is_layer && !matches!(contents.first(), Some(b'{' | b'[')) {
                Found::Blob(archive.add_blob(&contents)?)
            } else {
                kept += contents.len();
                Found::Description(contents)
            }
        };
        found.insert(path, one);
        if found.len() > FILES || kept > MOST {
            return Err(bad("the engine's export has too many files"));
        }
    }
    Ok(found)
}

fn resolve<'f>(found: &'f BTreeMap<String, Found>, path: &str) -> Option<&'f Found> {
    let mut one = found.get(path)?;
    for _ in 0..LINKS {
        match one {
            Found::Link(target) => one = found.get(target)?,
            found => return Some(found),
        }
    }
    None
}

/// The path without `.` and `..`; none if it leads out of the archive.
fn plain(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str()?.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn bad(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
