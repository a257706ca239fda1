//! The images of the node: what `ctr` imports, `crictl` shows and the kubelet reports. Their layers are not kept: what
//! runs for a name is the embedded cluster's matter.
//! <https://github.com/containerd/containerd/blob/main/docs/cri/architecture.md>

mod archive;
mod containerd;
mod crictl;
mod ctr;
mod reference;

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::node::replace;

pub use containerd::containerd;
pub use crictl::crictl;
pub use ctr::ctr;

const STORE: &str = "/var/lib/containerd/images.json";
/// The names of images that the node image brings along.
const SEED: &str = "/kind/images.json";
/// Names that a kubelet reports at most.
const REPORTED: usize = 50;

/// The images by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Images(BTreeMap<String, Image>);

/// An image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The names that it is known by, with their tags.
    pub names: Vec<String>,
    /// The bytes of its archive.
    pub size: u64,
}

impl Images {
    /// What is there now.
    pub fn read() -> Result<Self, Error> {
        match fs::read(STORE) {
            Ok(text) => {
                serde_json::from_slice(&text).map_err(|error| Error::Document(format!("{STORE}: {error}")))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::file(STORE)(error)),
        }
    }

    /// Changes what is there, one program after the other.
    pub fn change<T>(change: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let path = "/var/lib/containerd";
        fs::create_dir_all(path).map_err(Error::file(path))?;
        let lock = fs::File::create(format!("{path}/lock")).map_err(Error::file(path))?;
        lock.lock().map_err(Error::file(path))?;
        let mut images = Self::read()?;
        let result = change(&mut images)?;
        let text = serde_json::to_vec(&images).map_err(|error| Error::Document(error.to_string()))?;
        replace(STORE, &text)?;
        Ok(result)
    }

    /// Takes an image in, under a name; the name belongs to no other image then.
    pub fn add(&mut self, id: &str, name: &str, size: u64) {
        self.0.values_mut().for_each(|image| image.names.retain(|known| known != name));
        let image = self.0.entry(id.to_owned()).or_default();
        image.size = image.size.max(size);
        image.names.push(name.to_owned());
        image.names.sort();
    }

    /// The image with an id, the beginning of one, or a name.
    pub fn find(&self, text: &str) -> Option<(&str, &Image)> {
        let id = if text.starts_with("sha256:") { text.to_owned() } else { format!("sha256:{text}") };
        let name = reference::full(text);
        let found = self
            .0
            .iter()
            .find(|(known, image)| image.names.contains(&name) || text.len() >= 12 && known.starts_with(&id));
        found.map(|(id, image)| (id.as_str(), image))
    }

    /// All images.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Image)> {
        self.0.iter().map(|(id, image)| (id.as_str(), image))
    }

    /// As they stand in a node's status.
    pub fn for_node_status(&self) -> Value {
        let named = self.0.values().filter(|image| !image.names.is_empty()).take(REPORTED);
        named.map(|image| json!({"names": image.names, "sizeBytes": image.size})).collect()
    }
}

/// The images that the node image brings along are there from its first start on.
pub fn seed() -> Result<(), Error> {
    let Ok(text) = fs::read(SEED) else { return Ok(()) };
    let names: Vec<String> =
        serde_json::from_slice(&text).map_err(|error| Error::Document(format!("{SEED}: {error}")))?;
    Images::change(|images| {
        for name in names {
            let name = reference::full(&name);
            images.add(&archive::digest(name.as_bytes()), &name, 1);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_by_id_and_by_any_form_of_its_name() {
        let mut images = Images::default();
        let id = archive::digest(b"one");
        images.add(&id, "docker.io/library/nginx:1.27", 7);
        for text in ["nginx:1.27", "docker.io/library/nginx:1.27", &id, &id[7..30]] {
            assert_eq!(images.find(text).map(|(id, _)| id), Some(id.as_str()), "{text}");
        }
        for text in ["nginx", "nginx:1.28", "sha256:00", "other"] {
            assert_eq!(images.find(text), None, "{text}");
        }
        images.add(&archive::digest(b"two"), "docker.io/library/nginx:1.27", 8);
        assert_ne!(images.find("nginx:1.27").map(|(id, _)| id), Some(id.as_str()), "the name has moved");
    }
}
