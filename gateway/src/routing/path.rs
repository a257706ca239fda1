//! Request paths: dot segments, and the prefixes that may be an API's path.

use std::borrow::Cow;

use memchr::memchr2;

/// The path without dot segments (RFC 3986, 5.2.4), as the gateway's operating system would hand it on; otherwise
/// `/a/../b` would be matched as one API and served by the backend as another.
pub fn normalize(path: &str) -> Cow<'_, str> {
    let may_have_dots = memchr2(b'.', b'%', path.as_bytes()).is_some();
    if !may_have_dots || !path.split('/').any(|segment| is_dot(segment) || is_double_dot(segment)) {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if is_double_dot(segment) {
            kept.pop();
        } else if !is_dot(segment) {
            kept.push(segment);
            continue;
        }
        if last {
            kept.push("");
        }
    }
    Cow::Owned(format!("/{}", kept.join("/")))
}

/// What may be an API's path, without slashes at its ends, and what follows it, from the longest to the empty one.
pub fn api_prefixes(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let offset = path.len() - trimmed.len();
    let whole = std::iter::once((trimmed, ""));
    let shorter = trimmed.rmatch_indices('/').map(move |(at, _)| (&trimmed[..at], &path[offset + at..]));
    let rest = (!trimmed.is_empty()).then_some(("", path));
    whole.chain(shorter.filter(|(prefix, _)| !prefix.is_empty())).chain(rest)
}

fn is_dot(segment: &str) -> bool {
    segment == "." || segment.eq_ignore_ascii_case("%2e")
}

fn is_double_dot(segment: &str) -> bool {
    match segment.len() {
        2 => segment == "..",
        4 => segment.eq_ignore_ascii_case(".%2e") || segment.eq_ignore_ascii_case("%2e."),
        6 => segment.eq_ignore_ascii_case("%2e%2e"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_are_resolved_before_matching() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/a//b/", "/a//b/"),
            ("/a/../b", "/b"),
            ("/a/%2E%2e/b", "/b"),
            ("/a/./b/.", "/a/b/"),
            ("/../../a", "/a"),
            ("/a/..", "/"),
            ("/a/...", "/a/..."),
        ] {
            assert_eq!(normalize(path), expected, "{path}");
        }
    }

    #[test]
    fn prefixes_end_at_segments_and_get_shorter() {
        let found: Vec<_> = api_prefixes("/a/b/").collect();
        assert_eq!(found, [("a/b/", ""), ("a/b", "/"), ("a", "/b/"), ("", "/a/b/")]);
        assert_eq!(api_prefixes("/").collect::<Vec<_>>(), [("", "")]);
    }
}
