//! What form of an answer a client wants.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources>
//!
//! **Differs from Kubernetes:** no protobuf; clients that ask for it take JSON.

use http::HeaderMap;
use http::header::ACCEPT;

use super::status::Failure;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Representation {
    /// How it is written.
    pub format: Format,
    /// What is written.
    pub view: View,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// What of an object is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All of it.
    Object,
    /// A row of a table.
    Table,
    /// Its metadata.
    Metadata,
    /// The aggregated form of discovery.
    Aggregated,
}

/// The first form in `Accept` that there is.
pub fn representation(headers: &HeaderMap) -> Result<Representation, Failure> {
    let plain = Representation { format: Format::Json, view: View::Object };
    let Some(accept) = headers.get(ACCEPT) else { return Ok(plain) };
    let accept = accept.to_str().map_err(|_| Failure::not_acceptable())?;
    if accept.trim().is_empty() {
        return Ok(plain);
    }
    accept.split(',').find_map(one).ok_or_else(Failure::not_acceptable)
}

fn one(media: &str) -> Option<Representation> {
    let mut parts = media.split(';').map(str::trim);
    let format = match parts.next()? {
        "application/json" | "application/*" | "*/*" => Format::Json,
        "application/yaml" => Format::Yaml,
        _ => return None,
    };
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let parameter = |name: &str| parameters.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
    let view = match (parameter("as"), parameter("v")) {
        (None, _) => View::Object,
        (Some("Table"), Some("v1")) => View::Table,
        (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) => View::Metadata,
        (Some("APIGroupDiscoveryList"), Some("v2")) => View::Aggregated,
        _ => return None,
    };
    Some(Representation { format, view })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_there_is_wins() {
        for (accept, expected) in [
            ("", Some((Format::Json, View::Object))),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                Some((Format::Json, View::Table)),
            ),
            (
                "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                Some((Format::Json, View::Object)),
            ),
            ("application/vnd.kubernetes.protobuf, */*", Some((Format::Json, View::Object))),
            ("application/yaml", Some((Format::Yaml, View::Object))),
            ("text/html", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().expect("a header"));
            let found = representation(&headers).ok().map(|found| (found.format, found.view));
            assert_eq!(found, expected, "{accept}");
        }
    }
}
