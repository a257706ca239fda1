//! What runs for an image: the user's entries first, then the workloads that are built in.
//!
//! **Differs from Kubernetes:** there is no registry. An image is a name that is looked up in a table; its layers,
//! entry point and file system do not exist.

use aks::Workload;

use super::builtin::{BUILTINS, Builtin};

/// An image name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The name without the default registry, its tag and its digest: `nginx`, `mcr.microsoft.com/x`.
    pub repository: String,
    /// The tag; `latest` if none is given.
    pub tag: String,
}

/// The images that can run.
#[derive(Debug, Clone, Default)]
pub struct Images(Vec<Workload>);

/// What runs for an image.
#[derive(Clone)]
pub enum Program {
    /// A workload of ours.
    Builtin(&'static Builtin),
    /// A local command.
    Command(Vec<String>),
}

impl Images {
    /// The user's entries, in order of precedence.
    pub fn new(entries: Vec<Workload>) -> Self {
        Self(entries)
    }

    /// What runs for an image, if anything does.
    pub fn resolve(&self, text: &str) -> Option<Program> {
        let image = Image::parse(text);
        if let Some(entry) = self.0.iter().find(|entry| image.is_meant_by(&entry.image, text)) {
            return Some(Program::Command(entry.command.clone()));
        }
        let known = |builtin: &&Builtin| builtin.images.iter().any(|name| image.is_meant_by(name, text));
        BUILTINS.iter().find(known).map(Program::Builtin)
    }
}

impl Image {
    /// Takes an image name apart.
    pub fn parse(text: &str) -> Self {
        let name = text.split('@').next().unwrap_or_default();
        let name = ["index.docker.io/", "docker.io/"]
            .iter()
            .find_map(|host| name.strip_prefix(host))
            .unwrap_or(name);
        let name = name.strip_prefix("library/").unwrap_or(name);
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (name, "latest"),
        };
        Self { repository: repository.to_owned(), tag: tag.to_owned() }
    }

    fn is_meant_by(&self, pattern: &str, as_written: &str) -> bool {
        let wanted = Self::parse(pattern);
        let pattern_has_tag = pattern.rsplit('/').next().is_some_and(|last| last.contains(':'));
        let tag = !pattern_has_tag || glob(&wanted.tag, &self.tag);
        glob(pattern, as_written) || glob(&wanted.repository, &self.repository) && tag
    }
}

/// What a container that cannot be resolved tells its owner.
pub fn unresolved(image: &str) -> String {
    let repository = Image::parse(image).repository;
    format!(
        "Failed to pull image \"{image}\": not found: the sandbox has no registry, and nothing stands for this image. \
         Add an entry to `workloads:` in the scenario, for example `\"{repository}:*\": [\"./my-server\"]`; the \
         command has to listen on 127.0.0.1 and the port in its PORT variable"
    )
}

/// `pattern` matches all of `text`; `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[&str], image: &str, expected: &str) {
        let entry =
            |image: &&str| Workload { image: (*image).to_owned(), command: vec![(*image).to_owned()] };
        let found = match Images::new(entries.iter().map(entry).collect()).resolve(image) {
            Some(Program::Builtin(builtin)) => builtin.name.to_owned(),
            Some(Program::Command(command)) => command.join(" "),
            None => "nothing".to_owned(),
        };
        assert_eq!(found, expected, "{image} with {entries:?}");
    }

    #[test]
    fn images_resolve_to_the_users_entries_and_then_to_what_is_built_in() {
        for (entries, image, expected) in [
            (&[][..], "nginx", "nginx"),
            (&[], "nginx:1.7.8", "nginx"),
            (&[], "docker.io/library/nginx:1.27-alpine", "nginx"),
            (&[], "nginx@sha256:00", "nginx"),
            (&[], "registry.example:5000/nginx", "nothing"),
            (&[], "kennethreitz/httpbin", "httpbin"),
            (&[], "apimlab/faulty:v1", "faulty"),
            (&[], "curlimages/curl:8.10.1", "curl"),
            (&[], "nginxx", "nothing"),
            (&["nginx"], "nginx:1.7.8", "nginx"),
            (&["nginx:2*", "shop/*"], "nginx:1.7.8", "nginx"),
            (&["shop/*"], "shop/cart:v2", "shop/*"),
            (&["*/cart:v*"], "ghcr.io/shop/cart:v2", "*/cart:v*"),
            (&["*/cart:v*"], "ghcr.io/shop/cart:w2", "nothing"),
        ] {
            check(entries, image, expected);
        }
    }

    #[test]
    fn an_unknown_image_names_the_entry_to_add() {
        let message = unresolved("shop/cart:v2");
        assert!(message.contains("`workloads:`") && message.contains("shop/cart:*"), "{message}");
    }
}
