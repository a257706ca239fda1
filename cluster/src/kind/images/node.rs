//! Bringing images into nodes: only what is missing, and only a name where the name alone is missing.
//! <https://github.com/containerd/containerd/blob/main/docs/cri/config.md>, `kind load docker-image`.

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::Value;

use super::snapshotter::snapshotter;
use super::{Images, Meter, Present, Progress, Say, stream};
use crate::kind::engine::{Input, Output, failed};
use crate::kind::{Error, Node};

/// Lines that are shown of a failure.
const LINES: usize = 5;

/// What was done about an image in a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// The image.
    pub image: String,
    /// The node.
    pub node: String,
    /// What was done.
    pub action: Action,
}

/// What has to be done about an image in a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The node has it under this name.
    Unchanged,
    /// The node has it under another name, and knows this one from now on.
    Tagged,
    /// It was copied.
    Copied,
}

/// Where an archive comes from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// The engine makes it.
    Engine(&'a [Present]),
    /// It is a file.
    Archive(&'a Path),
}

/// How an archive is imported: all that it has, or only what this machine needs.
#[derive(Debug, Clone, Copy)]
enum Platforms<'a> {
    All,
    One(&'a str),
}

impl Images {
    /// Brings images of the engine into nodes.
    pub async fn load(&self, nodes: &[Node], images: &[Present], say: &Say) -> Result<Vec<Loaded>, Error> {
        images.iter().filter(|image| image.reference.is_latest()).for_each(|image| {
            say(Progress::now(format!(
                "{} has the tag latest: Kubernetes pulls it each time unless imagePullPolicy says otherwise",
                image.reference
            )));
        });
        let mut loaded = Vec::new();
        for node in nodes {
            loaded.extend(self.load_into(node, images, say).await?);
        }
        Ok(loaded)
    }

    /// Brings the images of an archive (`docker save`, or an OCI layout in a tar) into nodes.
    pub async fn load_archive(&self, nodes: &[Node], archive: &Path, say: &Say) -> Result<(), Error> {
        for node in nodes {
            self.import(node, Source::Archive(archive), say).await?;
        }
        Ok(())
    }

    async fn load_into(&self, node: &Node, images: &[Present], say: &Say) -> Result<Vec<Loaded>, Error> {
        let mut loaded = Vec::new();
        let mut missing = Vec::new();
        for image in images {
            let Some(name) = image.reference.tagged() else { continue };
            let action = self.wanted(node, image, &name).await?;
            match action {
                Action::Unchanged => {}
                Action::Tagged => self.tag(node, &image.id, &name).await?,
                Action::Copied => missing.push(image.clone()),
            }
            loaded.push(Loaded { image: image.reference.to_string(), node: node.name.clone(), action });
        }
        if !missing.is_empty() {
            self.import(node, Source::Engine(&missing), say).await?;
        }
        Ok(loaded)
    }

    /// What has to be done so that the node has the image under this name.
    async fn wanted(&self, node: &Node, image: &Present, name: &str) -> Result<Action, Error> {
        let output = self.run(node, &["crictl", "inspecti", &image.id]).await?;
        if output.code != 0 {
            return Ok(Action::Copied);
        }
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let tags = found.pointer("/status/repoTags").and_then(Value::as_array);
        let has = tags.is_some_and(|tags| tags.iter().any(|tag| tag.as_str() == Some(name)));
        Ok(if has { Action::Unchanged } else { Action::Tagged })
    }

    async fn tag(&self, node: &Node, id: &str, name: &str) -> Result<(), Error> {
        let command = ["ctr", "--namespace=k8s.io", "images", "tag", "--force", id, name];
        succeeded(node, &self.run(node, &command).await?)
    }

    /// Imports all platforms of an archive; only this machine's if the archive names others that it does not have, as
    /// archives of Docker's containerd image store do: <https://github.com/kubernetes-sigs/kind/issues/3795>.
    async fn import(&self, node: &Node, source: Source<'_>, say: &Say) -> Result<(), Error> {
        let output = self.import_platforms(node, Platforms::All, source, say).await?;
        if output.code == 0 || !names_absent_content(&output) {
            return succeeded(node, &output);
        }
        let version = self.docker.version().await.map_err(failed("tell its architecture"))?;
        let platform = format!("linux/{}", version.arch.unwrap_or_else(|| "amd64".to_owned()));
        tracing::info!(node = node.name, platform, "the archive lacks what it names; importing one platform");
        succeeded(node, &self.import_platforms(node, Platforms::One(&platform), source, say).await?)
    }

    async fn import_platforms(
        &self,
        node: &Node,
        platforms: Platforms<'_>,
        source: Source<'_>,
        say: &Say,
    ) -> Result<Output, Error> {
        let dump = self.run(node, &["containerd", "config", "dump"]).await?;
        let snapshotter = format!("--snapshotter={}", snapshotter(&dump.text()));
        let mut command = vec!["ctr", "--namespace=k8s.io", "images", "import"];
        match platforms {
            Platforms::All => command.push("--all-platforms"),
            Platforms::One(platform) => command.extend(["--platform", platform]),
        }
        command.extend(["--digests", &snapshotter, "-"]);
        let (bytes, archive) = self.open(source).await?;
        let meter = Meter::new(say, format!("loading images into {}", node.name), bytes);
        let archive = archive.inspect_ok(move |piece| meter.add(piece.len())).boxed();
        self.engine.exec(&node.name, &command, node.rights, Some(archive)).await
    }

    async fn open(&self, source: Source<'_>) -> Result<(u64, Input<'static>), Error> {
        match source {
            Source::Engine(images) => {
                let names: Vec<&str> = images.iter().map(|image| image.name.as_str()).collect();
                Ok((images.iter().map(|image| image.bytes).sum(), self.export(&names).boxed()))
            }
            Source::Archive(path) => {
                let (length, pieces) = stream::file(path).await?;
                Ok((length, pieces.boxed()))
            }
        }
    }

    async fn run(&self, node: &Node, command: &[&str]) -> Result<Output, Error> {
        self.engine.exec(&node.name, command, node.rights, None).await
    }
}

fn succeeded(node: &Node, output: &Output) -> Result<(), Error> {
    if output.code == 0 {
        return Ok(());
    }
    Err(Error::ImageImport { node: node.name.clone(), output: output.last_lines(LINES) })
}

fn names_absent_content(output: &Output) -> bool {
    let absent = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        text.contains("content digest") && text.contains("not found")
    };
    absent(&output.stderr) || absent(&output.stdout)
}
