//! A bundle: all images that a sandbox needs, in one file, so that it also runs where no registry is reached.
//!
//! The file is an OCI image layout in a tar, so `docker load`, `ctr images import`, `podman load` and `skopeo` read it as
//! well: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>. Layers are as the engine gives them;
//! the same images give the same file.

mod archive;
mod export;
mod layout;
#[cfg(test)]
mod tests;
mod verify;

use std::io;
use std::path::Path;

use bollard::query_parameters::ImportImageOptionsBuilder;
use futures_util::{StreamExt, TryStreamExt};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::Error;
use super::engine::told;
use super::images::{self, Images, Meter, Present, Progress, Reference, Say, file_failed};
use archive::{Archive, Draft};
use layout::{Image, Index};

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The images, in the order in which they were asked for.
    pub images: Vec<Entry>,
    /// The length of the file.
    pub bytes: u64,
}

/// An image in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub image: String,
    /// The digest of its manifest in the bundle.
    pub digest: String,
    /// The digest of its configuration: what engines and nodes call its id.
    pub id: String,
    /// Its size.
    pub bytes: u64,
}

/// Writes a bundle of images that the engine has; pulls those that it does not have. The file appears when it is whole.
pub async fn create(
    images: &Images,
    references: &[Reference],
    path: &Path,
    say: &Say,
) -> Result<Content, Error> {
    let mut present = Vec::new();
    for reference in references {
        reference.tagged().ok_or_else(|| Error::ImageUntagged(reference.to_string()))?;
        present.push(images.ensure(reference, say).await?);
    }
    let draft = Draft::of(path);
    let mut archive = Archive::create(draft.path()).map_err(file_failed(draft.path()))?;
    let mut added = Vec::new();
    for image in &present {
        let (written, one) = add(images, archive, image, (draft.path(), say)).await?;
        archive = written;
        added.push(one);
    }
    say(Progress::now("writing the bundle to the disk"));
    let entries = added.iter().map(|one| one.entry.clone()).collect();
    let finished = spawn_blocking(move || finish(archive, added)).await;
    let bytes =
        finished.map_err(io::Error::other).and_then(|done| done).map_err(file_failed(draft.path()))?;
    draft.keep().map_err(file_failed(path))?;
    Ok(Content { images: entries, bytes })
}

/// Reads a bundle and checks all digests.
pub async fn verify(path: &Path, say: &Say) -> Result<Content, Error> {
    let length = tokio::fs::metadata(path).await.map_err(file_failed(path))?.len();
    let meter = Meter::new(say, "checking the bundle", length);
    let owned = path.to_owned();
    let checked = spawn_blocking(move || verify::verify(&owned, &meter)).await;
    checked.map_err(|error| file_failed(path)(io::Error::other(error)))?
}

/// Checks a bundle and gives its images to the engine.
pub async fn load(images: &Images, path: &Path, say: &Say) -> Result<Content, Error> {
    let content = verify(path, say).await?;
    let (length, pieces) = images::file(path).await?;
    let meter = Meter::new(say, "loading the bundle into the engine", length);
    let pieces = pieces.inspect_ok(move |piece| meter.add(piece.len()));
    let options = ImportImageOptionsBuilder::default().quiet(true).build();
    let mut answers = std::pin::pin!(images.docker().import_image_stream(options, pieces, None));
    while let Some(answer) = answers.next().await {
        let action = format!("load {}", path.display());
        answer.map_err(|error| Error::Engine { action, message: told(&error) })?;
    }
    for entry in &content.images {
        images.expect(&Reference::parse(&entry.image)?).await?;
    }
    Ok(content)
}

/// Adds an image to the archive.
async fn add(
    images: &Images,
    archive: Archive,
    image: &Present,
    (path, say): (&Path, &Say),
) -> Result<(Archive, Image), Error> {
    let meter = Meter::new(say, format!("bundling {}", image.reference), image.bytes);
    let export = images.export(&[&image.name]).inspect_ok(move |piece| meter.add(piece.len()));
    let (carry, mut reader) = images::blocking(export);
    let reference = image.reference.clone();
    let copy = spawn_blocking(move || {
        let mut archive = archive;
        let added = export::add(&mut archive, &mut reader, &reference);
        (archive, added, reader.failure)
    });
    let ((), copied) = tokio::join!(carry, copy);
    let (archive, added, failure) = copied.map_err(|error| file_failed(path)(io::Error::other(error)))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    Ok((archive, added.map_err(file_failed(path))?))
}

/// Blocks.
fn finish(mut archive: Archive, added: Vec<Image>) -> io::Result<u64> {
    let (manifests, docker): (Vec<_>, Vec<_>) =
        added.into_iter().map(|one| (one.descriptor, one.docker)).unzip();
    archive.add(layout::INDEX, &serde_json::to_vec(&Index::new(manifests))?)?;
    archive.add(layout::DOCKER_MANIFEST, &serde_json::to_vec(&docker)?)?;
    archive.add(layout::LAYOUT, layout::LAYOUT_TEXT.as_bytes())?;
    archive.finish()
}
