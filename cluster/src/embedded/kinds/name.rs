//! How objects may be called.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>

/// The rules for names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// RFC 1123 subdomain: labels with dots between, 253 characters.
    Subdomain,
    /// RFC 1123 label: 63 characters, no dots.
    Label,
    /// RFC 1035 label: begins with a letter.
    ServiceName,
    /// Anything that fits into a path.
    PathSegment,
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_NAME: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

impl NameRule {
    /// What is wrong with a name.
    pub fn problem(self, name: &str) -> Option<String> {
        let (longest, fits, text) = match self {
            Self::Subdomain => (253, name.split('.').all(is_label), SUBDOMAIN),
            Self::Label => (63, is_label(name), LABEL),
            Self::ServiceName => (
                63,
                is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase()),
                SERVICE_NAME,
            ),
            Self::PathSegment => {
                let fits = !matches!(name, "." | "..") && !name.contains(['/', '%']);
                (usize::MAX, fits, "may not be '.' or '..', and may not contain '/' or '%'")
            }
        };
        if name.len() > longest {
            return Some(format!("must be no more than {longest} characters"));
        }
        (!fits).then(|| text.to_owned())
    }
}

/// The text is an RFC 1123 label, of any length.
pub fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !text.is_empty()
        && text.bytes().all(|byte| inner(byte) || byte == b'-')
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for (rule, name, fits) in [
            (NameRule::Subdomain, "a.b-c", true),
            (NameRule::Subdomain, "Bad_Name", false),
            (NameRule::Subdomain, "a..b", false),
            (NameRule::Label, "a.b", false),
            (NameRule::ServiceName, "1a", false),
            (NameRule::ServiceName, "a1", true),
            (NameRule::PathSegment, "system:node", true),
            (NameRule::PathSegment, "a/b", false),
        ] {
            assert_eq!(rule.problem(name).is_none(), fits, "{name}");
        }
        assert!(NameRule::Label.problem(&"a".repeat(64)).is_some());
    }
}
