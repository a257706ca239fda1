//! The files of an OCI image layout: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>.
//!
//! `manifest.json` stands beside them: engines before 25 load archives by that file only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Entry;
use super::archive::digest_of;
use crate::kind::images::Reference;

pub(super) const LAYOUT: &str = "oci-layout";
pub(super) const LAYOUT_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
pub(super) const INDEX: &str = "index.json";
pub(super) const DOCKER_MANIFEST: &str = "manifest.json";
pub(super) const BLOBS: &str = "blobs/sha256/";

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";

/// What containerd calls the image.
const NAME: &str = "io.containerd.image.name";
/// The tag alone.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// What the image was asked for by; it may name the registry's digest.
pub(super) const REFERENCE: &str = "dev.apimlab.reference";

/// A piece of content by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub media_type: String,
    pub digest: String,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What an image runs on; also the part of its configuration that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Platform {
    pub architecture: String,
    pub os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// An image: its configuration and its layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub schema_version: u8,
    pub media_type: String,
    pub config: Descriptor,
    pub layers: Vec<Descriptor>,
}

/// All images of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    pub schema_version: u8,
    #[serde(default)]
    pub media_type: String,
    pub manifests: Vec<Descriptor>,
}

/// An image as `docker save` lists it: paths in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DockerImage {
    pub config: String,
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    pub layers: Vec<String>,
}

/// An image as the three lists of a bundle have it: ours, the layout's, the old engines'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    pub entry: Entry,
    pub descriptor: Descriptor,
    pub docker: DockerImage,
}

impl Image {
    /// Everything follows from the name, the manifest and what the image runs on.
    pub(super) fn new(name: &Reference, manifest: &Manifest, text: &[u8], platform: Platform) -> Self {
        let mut descriptor = Descriptor::new(MANIFEST_TYPE, digest_of(text), text.len() as u64);
        let names = [
            (NAME, name.tagged()),
            (REF_NAME, name.tag().map(str::to_owned)),
            (REFERENCE, Some(name.to_string())),
        ];
        descriptor.annotations =
            names.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        descriptor.platform = Some(platform);
        let entry = Entry {
            image: name.to_string(),
            digest: descriptor.digest.clone(),
            id: manifest.config.digest.clone(),
            bytes: manifest.config.size + manifest.layers.iter().map(|layer| layer.size).sum::<u64>(),
        };
        let docker = DockerImage {
            config: manifest.config.path(),
            repo_tags: name.tagged().map(|tag| vec![tag]),
            layers: manifest.layers.iter().map(Descriptor::path).collect(),
        };
        Self { entry, descriptor, docker }
    }
}

impl Descriptor {
    pub(super) fn new(media_type: impl Into<String>, digest: String, size: u64) -> Self {
        let media_type = media_type.into();
        Self { media_type, digest, size, platform: None, annotations: BTreeMap::new() }
    }

    /// Where the content is in the archive.
    pub(super) fn path(&self) -> String {
        blob_path(&self.digest)
    }
}

impl Manifest {
    pub(super) fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: MANIFEST_TYPE.to_owned(), config, layers }
    }
}

impl Index {
    pub(super) fn new(manifests: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: INDEX_TYPE.to_owned(), manifests }
    }
}

pub(super) fn blob_path(digest: &str) -> String {
    format!("{BLOBS}{}", digest.trim_start_matches("sha256:"))
}

/// What kind of layer it is, by its first bytes: those of gzip, of zstd, or a tar's.
pub(super) fn layer_type(first: &[u8]) -> String {
    match first {
        [0x1f, 0x8b, ..] => format!("{LAYER_TYPE}+gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => format!("{LAYER_TYPE}+zstd"),
        _ => LAYER_TYPE.to_owned(),
    }
}
