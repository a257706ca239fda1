//! Whether an archive is whole: every blob is what its name says, every image has all its parts, and nothing else is in
//! it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::de::DeserializeOwned;

use super::archive::hexadecimal;
use super::layout::{
    BLOBS, DOCKER_MANIFEST, Descriptor, DockerImage, INDEX, Image, Index, LAYOUT, LAYOUT_TEXT, Manifest,
    Platform, REFERENCE,
};
use super::{Content, Entry};
use crate::kind::Error;
use crate::kind::images::{Meter, Reference, file_failed, is_digest};

/// Descriptions are smaller than this.
const SMALL: u64 = 4 * 1024 * 1024;
const FILES: usize = 100_000;
const PIECE: usize = 256 * 1024;

/// What was read of an archive.
#[derive(Default)]
struct Found {
    /// The sizes of the blobs, by digest.
    blobs: BTreeMap<String, u64>,
    /// What may be a description, by digest or name.
    texts: BTreeMap<String, Vec<u8>>,
}

/// Reads an archive to its end. Blocks.
pub(super) fn verify(path: &Path, meter: &Meter) -> Result<Content, Error> {
    let damaged = |reason: String| Error::Bundle { path: path.display().to_string(), reason };
    let file = File::open(path).map_err(file_failed(path))?;
    let length = file.metadata().map_err(file_failed(path))?.len();
    let read = read(file, meter).map_err(|error| damaged(error.to_string()))?;
    let images = read.images().map_err(damaged)?;
    Ok(Content { images, bytes: length })
}

fn read(file: File, meter: &Meter) -> io::Result<Found> {
    let mut all = Found::default();
    let mut archive = tar::Archive::new(BufReader::with_capacity(PIECE, file));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let size = entry.size();
        if !entry.header().entry_type().is_file() {
            return Err(bad(format!("{name} is no plain file")));
        }
        let (digest, text) = hash(&mut entry, size, meter)?;
        if let Some(hex) = name.strip_prefix(BLOBS) {
            if digest.strip_prefix("sha256:") != Some(hex) {
                return Err(bad(format!("the contents of {name} have the digest {digest}")));
            }
            all.blobs.insert(digest.clone(), size);
            all.texts.extend(text.map(|text| (digest, text)));
        } else if let (LAYOUT | INDEX | DOCKER_MANIFEST, Some(text)) = (name.as_str(), text) {
            all.texts.insert(name, text);
        } else {
            return Err(bad(format!("{name} does not belong into a bundle")));
        }
        if all.blobs.len() > FILES {
            return Err(bad("it has too many files".to_owned()));
        }
    }
    Ok(all)
}

/// The digest of a file, and the file itself if it may be a description.
fn hash(entry: &mut impl Read, size: u64, meter: &Meter) -> io::Result<(String, Option<Vec<u8>>)> {
    let mut hash = Context::new(&SHA256);
    let mut piece = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE).max(1))];
    let mut text: Option<Vec<u8>> = (size <= SMALL).then(Vec::new);
    let mut read = 0_u64;
    loop {
        let length = entry.read(&mut piece)?;
        if length == 0 {
            break;
        }
        let piece = &piece[..length];
        hash.update(piece);
        if read == 0 && !matches!(piece.first(), Some(b'{' | b'[')) {
            text = None;
        }
        if let Some(text) = &mut text {
            text.extend_from_slice(piece);
        }
        read += length as u64;
        meter.add(length);
    }
    if read != size {
        return Err(bad(format!("it ends {} bytes too early", size - read)));
    }
    Ok((hexadecimal(hash.finish().as_ref()), text))
}

impl Found {
    /// All images; each list says what the others say.
    fn images(&self) -> Result<Vec<Entry>, String> {
        if self.texts.get(LAYOUT).is_none_or(|text| text != LAYOUT_TEXT.as_bytes()) {
            return Err(format!("it has no {LAYOUT} of version 1"));
        }
        let index: Index = self.parse(INDEX)?;
        let images = index.manifests.iter().map(|image| self.image(image)).collect::<Result<Vec<_>, _>>()?;
        if images.is_empty() {
            return Err("it has no images".to_owned());
        }
        let descriptors = images.iter().map(|image| image.descriptor.clone()).collect();
        if index != Index::new(descriptors) {
            return Err(format!("{INDEX} does not say what the images say"));
        }
        let docker: Vec<DockerImage> = self.parse(DOCKER_MANIFEST)?;
        if !docker.iter().eq(images.iter().map(|image| &image.docker)) {
            return Err(format!("{DOCKER_MANIFEST} does not say what {INDEX} says"));
        }
        Ok(images.into_iter().map(|image| image.entry).collect())
    }

    fn image(&self, descriptor: &Descriptor) -> Result<Image, String> {
        self.has(descriptor)?;
        let manifest: Manifest = self.parse(&descriptor.digest)?;
        self.has(&manifest.config)?;
        manifest.layers.iter().try_for_each(|layer| self.has(layer))?;
        let name = descriptor.annotations.get(REFERENCE).ok_or("an image has no name")?;
        let name = Reference::parse(name).map_err(|error| error.to_string())?;
        let platform: Platform = self.parse(&manifest.config.digest)?;
        let text = self.texts.get(&descriptor.digest).map(Vec::as_slice).unwrap_or_default();
        Ok(Image::new(&name, &manifest, text, platform))
    }

    fn has(&self, descriptor: &Descriptor) -> Result<(), String> {
        match self.blobs.get(&descriptor.digest) {
            Some(size) if *size == descriptor.size && is_digest(&descriptor.digest) => Ok(()),
            Some(_) => Err(format!("{} has another size than the bundle says", descriptor.digest)),
            None => Err(format!("{} is missing", descriptor.path())),
        }
    }

    fn parse<T: DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        let text = self.texts.get(name).ok_or_else(|| format!("it has no {name}"))?;
        serde_json::from_slice(text).map_err(|error| format!("{name} cannot be understood: {error}"))
    }
}

fn bad(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
