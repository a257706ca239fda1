//! Archives of images: `docker save`, and OCI image layouts in a tar.
//! <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use aws_lc_rs::digest::{Digest, SHA256, digest as hash};
use serde_json::Value;

use crate::error::Error;

/// Documents are small; layers are counted only.
const DOCUMENT: u64 = 1 << 20;
const DOCUMENTS: usize = 4096;
const REFERENCE: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/// Which of an archive's platforms are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Platforms<'a> {
    /// All that it names; all have to be there.
    All,
    /// One, `linux/amd64`.
    One(&'a str),
}

/// An image in an archive.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its names.
    pub names: Vec<String>,
    /// The size of the archive.
    pub size: u64,
}

struct Archive {
    documents: BTreeMap<String, Vec<u8>>,
    paths: BTreeSet<String>,
    size: u64,
}

/// The `sha256:…` of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    let digest: Digest = hash(&SHA256, bytes);
    digest.as_ref().iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The images of an archive.
pub fn read(input: impl Read, platforms: Platforms<'_>) -> Result<Vec<Found>, Error> {
    let archive = Archive::read(input)?;
    if let Some(index) = archive.json("index.json")? {
        return archive.layout(&index, platforms);
    }
    match archive.json("manifest.json")? {
        Some(manifest) => archive.saved(&manifest),
        None => Err(Error::Image("ctr: unrecognized image format".to_owned())),
    }
}

impl Archive {
    fn read(input: impl Read) -> Result<Self, Error> {
        let wrong = |error: std::io::Error| Error::Image(format!("ctr: archive: {error}"));
        let mut archive = Self { documents: BTreeMap::new(), paths: BTreeSet::new(), size: 0 };
        let mut reader = tar::Archive::new(input);
        for entry in reader.entries().map_err(wrong)? {
            let mut entry = entry.map_err(wrong)?;
            let path = entry.path().map_err(wrong)?.to_string_lossy().trim_start_matches("./").to_owned();
            archive.size += entry.size();
            if entry.size() <= DOCUMENT && archive.documents.len() < DOCUMENTS {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(wrong)?;
                archive.documents.insert(path.clone(), content);
            }
            archive.paths.insert(path);
        }
        Ok(archive)
    }

    fn json(&self, path: &str) -> Result<Option<Value>, Error> {
        let parse = |text: &Vec<u8>| serde_json::from_slice(text);
        let parsed = self.documents.get(path).map(parse).transpose();
        parsed.map_err(|error| Error::Image(format!("ctr: {path}: {error}")))
    }

    /// What `docker save` of an engine without containerd's store writes.
    fn saved(&self, manifest: &Value) -> Result<Vec<Found>, Error> {
        let images = manifest.as_array().into_iter().flatten();
        let found = images.map(|image| {
            let config = image["Config"].as_str().unwrap_or_default();
            let content = self.documents.get(config).ok_or_else(|| absent(config))?;
            for layer in strings(&image["Layers"]) {
                if !self.paths.contains(&layer) {
                    return Err(absent(&layer));
                }
            }
            Ok(Found { id: digest(content), names: strings(&image["RepoTags"]), size: self.size })
        });
        found.collect()
    }

    fn layout(&self, index: &Value, platforms: Platforms<'_>) -> Result<Vec<Found>, Error> {
        let mut found: Vec<Found> = Vec::new();
        for entry in index["manifests"].as_array().into_iter().flatten() {
            let Some(id) = self.image(entry, platforms)? else { continue };
            let annotations = &entry["annotations"];
            let name = REFERENCE.iter().find_map(|one| annotations[*one].as_str()).map(str::to_owned);
            match found.iter_mut().find(|image| image.id == id) {
                Some(image) => image.names.extend(name),
                None => found.push(Found { id, names: name.into_iter().collect(), size: self.size }),
            }
        }
        Ok(found)
    }

    /// The id of the image that a descriptor leads to; of an index, that of its first wanted platform.
    fn image(&self, descriptor: &Value, platforms: Platforms<'_>) -> Result<Option<String>, Error> {
        if let Platforms::One(wanted) = platforms
            && let (Some(system), Some(architecture)) =
                (descriptor["platform"]["os"].as_str(), descriptor["platform"]["architecture"].as_str())
            && format!("{system}/{architecture}") != wanted
        {
            return Ok(None);
        }
        let manifest = self.blob(descriptor)?;
        let mut first = None;
        for inner in manifest["manifests"].as_array().into_iter().flatten() {
            first = first.or(self.image(inner, platforms)?);
        }
        if first.is_some() || manifest["config"].is_null() {
            return Ok(first);
        }
        for layer in manifest["layers"].as_array().into_iter().flatten() {
            let path = path_of(layer);
            if !self.paths.contains(&path) {
                return Err(absent(layer["digest"].as_str().unwrap_or_default()));
            }
        }
        self.blob(&manifest["config"])?;
        Ok(manifest["config"]["digest"].as_str().map(str::to_owned))
    }

    /// A document that a descriptor names, if its content is what the descriptor says.
    fn blob(&self, descriptor: &Value) -> Result<Value, Error> {
        let named = descriptor["digest"].as_str().unwrap_or_default();
        let content = self.documents.get(&path_of(descriptor)).ok_or_else(|| absent(named))?;
        if digest(content) != named {
            return Err(Error::Image(format!(
                "ctr: unexpected commit digest, expected {named}: failed precondition"
            )));
        }
        serde_json::from_slice(content).map_err(|error| Error::Image(format!("ctr: {named}: {error}")))
    }
}

fn path_of(descriptor: &Value) -> String {
    format!("blobs/{}", descriptor["digest"].as_str().unwrap_or_default().replacen(':', "/", 1))
}

fn strings(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn absent(digest: &str) -> Error {
    Error::Image(format!("ctr: content digest {digest}: not found"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *content).expect("an entry");
        }
        builder.into_inner().expect("a tar")
    }

    #[test]
    fn saved_images_are_found_with_all_names() {
        let manifest =
            json!([{"Config": "c.json", "RepoTags": ["nginx:1", "web:2"], "Layers": ["l/layer.tar"]}]);
        let manifest = manifest.to_string();
        let files: [(&str, &[u8]); 3] =
            [("c.json", b"{}"), ("l/layer.tar", b"layer"), ("manifest.json", manifest.as_bytes())];
        let found = read(&archive(&files)[..], Platforms::All).expect("images");
        assert_eq!(found[0].names, ["nginx:1", "web:2"]);
        assert_eq!(found[0].id, digest(b"{}"));
        let error = read(&archive(&[files[0], files[2]])[..], Platforms::All).expect_err("no layer");
        assert!(error.to_string().contains("content digest l/layer.tar: not found"), "{error}");
    }

    #[test]
    fn a_layout_needs_what_the_wanted_platforms_name() {
        let config = b"{}".to_vec();
        let manifest = json!({"config": {"digest": digest(&config)}, "layers": []}).to_string();
        let platform = |name: &str| json!({"os": "linux", "architecture": name});
        let inner = json!({"manifests": [
            {"digest": digest(manifest.as_bytes()), "platform": platform("amd64")},
            {"digest": "sha256:00", "platform": platform("arm64")},
        ]})
        .to_string();
        let index = json!({"manifests": [{
            "digest": digest(inner.as_bytes()),
            "annotations": {"io.containerd.image.name": "docker.io/library/nginx:1"},
        }]})
        .to_string();
        let path = |content: &[u8]| format!("blobs/{}", digest(content).replacen(':', "/", 1));
        let paths = [path(&config), path(manifest.as_bytes()), path(inner.as_bytes())];
        let files: [(&str, &[u8]); 4] = [
            ("index.json", index.as_bytes()),
            (&paths[0], &config),
            (&paths[1], manifest.as_bytes()),
            (&paths[2], inner.as_bytes()),
        ];
        let error = read(&archive(&files)[..], Platforms::All).expect_err("arm64 is not there");
        assert!(error.to_string().contains("content digest sha256:00: not found"), "{error}");
        let found = read(&archive(&files)[..], Platforms::One("linux/amd64")).expect("images");
        assert_eq!(found[0].names, ["docker.io/library/nginx:1"]);
        assert_eq!(found[0].id, digest(&config));
    }
}
