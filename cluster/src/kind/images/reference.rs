//! What an image is called: <https://pkg.go.dev/github.com/distribution/reference>. Docker shortens names, containerd
//! wants them whole: `nginx` is `docker.io/library/nginx:latest`.

use std::fmt;

use crate::kind::Error;

const DOCKER_HUB: &str = "docker.io";
const LATEST: &str = "latest";
/// More than this is no name: 255 for the path, 128 for the tag, 71 for the digest.
const LONGEST: usize = 460;

/// The whole name of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Registry and path, `docker.io/library/nginx`.
    repository: String,
    tag: Option<String>,
    /// With its algorithm, `sha256:…`.
    digest: Option<String>,
}

impl Reference {
    /// Understands a name as Docker does.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = || Error::ImageName(text.chars().take(LONGEST).collect());
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad());
        }
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) if is_digest(digest) => (named, Some(digest.to_owned())),
            Some(_) => return Err(bad()),
            None => (text, None),
        };
        // A colon before a slash belongs to the registry's port.
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (named, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(bad());
        }
        let repository = whole(path).ok_or_else(bad)?;
        let tag = tag.or((digest.is_none()).then_some(LATEST)).map(str::to_owned);
        Ok(Self { repository, tag, digest })
    }

    /// The name with its tag, without its digest.
    pub fn tagged(&self) -> Option<String> {
        self.tag.as_ref().map(|tag| format!("{}:{tag}", self.repository))
    }

    /// The name with its digest, without its tag.
    pub fn pinned(&self) -> Option<String> {
        self.digest.as_ref().map(|digest| format!("{}@{digest}", self.repository))
    }

    /// What an engine is asked for: the digest decides if there is one.
    pub fn exact(&self) -> String {
        self.pinned().or_else(|| self.tagged()).unwrap_or_else(|| self.repository.clone())
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// A kubelet asks the registry each time, whether the image is there or not: that is what the pull policy is
    /// when the tag is `latest`.
    pub fn is_latest(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref() == Some(LATEST)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As people write it.
        let short = self.repository.strip_prefix("docker.io/library/");
        let short = short.or_else(|| self.repository.strip_prefix("docker.io/"));
        f.write_str(short.unwrap_or(&self.repository))?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// The path with its registry.
fn whole(path: &str) -> Option<String> {
    let (registry, rest) = match path.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => (DOCKER_HUB, path),
    };
    let plain = |part: &str| {
        let inside = part.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
        });
        let ends = [part.bytes().next(), part.bytes().next_back()];
        inside && ends.into_iter().all(|end| end.is_some_and(|end| end.is_ascii_alphanumeric()))
    };
    if !rest.split('/').all(plain) || !is_host(registry) {
        return None;
    }
    let registry = if registry == "index.docker.io" { DOCKER_HUB } else { registry };
    let library = if registry == DOCKER_HUB && !rest.contains('/') { "library/" } else { "" };
    Some(format!("{registry}/{library}{rest}"))
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

/// `sha256:` and 64 hexadecimal digits in lower case.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_as_docker_understands_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let pinned = format!("kindest/node:v1.34.0@{digest}");
        let cases = [
            ("nginx", "docker.io/library/nginx:latest", "nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
            ("curlimages/curl:8.11.1", "docker.io/curlimages/curl:8.11.1", "curlimages/curl:8.11.1"),
            (
                "quay.io/metallb/speaker:v0.15.3",
                "quay.io/metallb/speaker:v0.15.3",
                "quay.io/metallb/speaker:v0.15.3",
            ),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest", "localhost:5000/a/b:latest"),
            ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1", "nginx:1"),
            (&pinned, &format!("docker.io/kindest/node@{digest}"), &pinned),
        ];
        for (text, exact, shown) in cases {
            let reference = Reference::parse(text).expect(text);
            assert_eq!((reference.exact().as_str(), reference.to_string().as_str()), (exact, shown));
            assert_eq!(Reference::parse(&reference.to_string()).expect(shown), reference);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "a".repeat(500);
        for text in [
            "",
            "UPPER",
            "a b",
            "a:",
            "a@sha256:12",
            "a/../b",
            "/etc/passwd",
            "-a",
            "a//b",
            "a:b:c",
            "é",
            &long,
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_latest_tag_is_always_pulled() {
        for (text, expected) in [("nginx", true), ("nginx:latest", true), ("nginx:1", false)] {
            assert_eq!(Reference::parse(text).expect(text).is_latest(), expected, "{text}");
        }
    }
}
