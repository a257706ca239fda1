//! Container images: whether the engine has them, pulling them, and bringing them into nodes.
//!
//! What a node runs lies in the node's own containerd. An image that the engine has is therefore copied into each node
//! as `kind load docker-image` does: <https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster>.
//!
//! **Differs from Azure:** an AKS node pulls from a registry, with the cluster's identity; here the engine pulls, without
//! credentials, and the nodes get what the engine has.

mod node;
mod progress;
mod pull;
mod reference;
mod snapshotter;
mod stream;

use std::time::Duration;

use bollard::Docker;
use bollard::models::ImageInspect;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};

pub use node::Loaded;
pub use progress::{Progress, Say};
pub use reference::Reference;

pub(crate) use progress::Meter;
pub(crate) use reference::is_digest;
pub(crate) use stream::{blocking, file, file_failed};

use super::Error;
use super::engine::{Engine, failed, is_absent};

/// How long the engine may take before it begins to answer: an old one first copies a whole image.
const PATIENCE: Duration = Duration::from_mins(30);

/// The engine's images.
#[derive(Debug, Clone)]
pub struct Images {
    engine: Engine,
    docker: Docker,
}

/// An image that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// What it was asked for by.
    pub reference: Reference,
    /// What the engine knows it by: the name of a container's image.
    pub name: String,
    /// The digest of its configuration, `sha256:…`.
    pub id: String,
    /// Its size when unpacked.
    pub bytes: u64,
}

impl Images {
    /// The images of an engine.
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), docker: engine.docker().clone().with_timeout(PATIENCE) }
    }

    /// The image, if the engine has it.
    pub async fn find(&self, reference: &Reference) -> Result<Option<Present>, Error> {
        let exact = reference.exact();
        if let Some(found) = self.inspect(&exact).await? {
            return Ok(present(reference, exact, &found));
        }
        // An archive does not bring the registry's digest along: an image under the same tag without any such digest is
        // one that was loaded; one with another digest is another image.
        let Some(tagged) = reference.tagged().filter(|tagged| *tagged != exact) else { return Ok(None) };
        let found = self.inspect(&tagged).await?;
        let loaded = found.filter(|image| image.repo_digests.as_ref().is_none_or(Vec::is_empty));
        Ok(loaded.and_then(|image| present(reference, tagged, &image)))
    }

    /// The image; pulled if the engine does not have it.
    pub async fn ensure(&self, reference: &Reference, say: &Say) -> Result<Present, Error> {
        if let Some(present) = self.find(reference).await? {
            return Ok(present);
        }
        pull::pull(&self.docker, reference, say).await?;
        self.find(reference).await?.ok_or_else(|| Error::ImageMissing {
            image: reference.to_string(),
            reason: "the engine pulled it and does not have it".to_owned(),
        })
    }

    /// The image, which must be there.
    pub async fn expect(&self, reference: &Reference) -> Result<Present, Error> {
        self.find(reference).await?.ok_or_else(|| Error::ImageNotHere(reference.to_string()))
    }

    /// Images of the engine as one archive, as `docker save` makes it.
    pub(crate) fn export(&self, names: &[&str]) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
        self.docker.export_images(names).map_err(|error| failed("export images")(error))
    }

    /// The engine.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    async fn inspect(&self, name: &str) -> Result<Option<ImageInspect>, Error> {
        match self.docker.inspect_image(name).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed(format!("look for the image {name}"))(error)),
        }
    }
}

fn present(reference: &Reference, name: String, image: &ImageInspect) -> Option<Present> {
    let bytes = image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    Some(Present { reference: reference.clone(), name, id: image.id.clone()?, bytes })
}
