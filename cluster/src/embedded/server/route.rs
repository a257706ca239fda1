//! Paths of the API.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>

use http::Method;
use percent_encoding::percent_decode_str;

use super::status::Failure;
use crate::embedded::kinds::{Access, Definition, Scope, Subresource, custom};
use crate::embedded::store::Store;

/// What a path names.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// All objects of a kind, in one or all namespaces.
    Collection { of: &'static Definition, namespace: Option<&'a str> },
    /// One object, or what is below it.
    Object { of: &'static Definition, namespace: &'a str, name: &'a str, below: Option<Subresource> },
    /// A path outside of resources.
    Other(&'a [&'a str]),
}

/// The parts of a path, decoded.
pub fn segments(path: &str) -> Result<Vec<String>, Failure> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(|part| percent_decode_str(part).decode_utf8().map(std::borrow::Cow::into_owned))
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::bad_request("the path is not UTF-8"))
}

/// What the parts of a path name.
pub fn target<'a>(store: &Store, parts: &'a [&'a str]) -> Result<Target<'a>, Failure> {
    let (group, version, rest) = match parts {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Ok(Target::Other(parts)),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() && !is_namespace_subresource(rest) => {
            (Some(*namespace), rest)
        }
        _ => (None, rest),
    };
    let [plural, rest @ ..] = rest else { return Err(Failure::unknown_path()) };
    let Some(of) = custom::find(store, group, version, plural) else { return Ok(Target::Other(parts)) };
    if namespace.is_some() && of.scope == Scope::Cluster {
        return Err(Failure::unknown_path());
    }
    match rest {
        [] => Ok(Target::Collection { of, namespace }),
        [name, below @ ..] => {
            if of.scope == Scope::Namespaced && namespace.is_none() {
                return Err(Failure::unknown_path());
            }
            let below = match below {
                [] => None,
                [below] => Some(find_below(of, below)?),
                _ => return Err(Failure::unknown_path()),
            };
            Ok(Target::Object { of, namespace: namespace.unwrap_or_default(), name, below })
        }
    }
}

/// `namespaces/a/status` is below a namespace, not in it.
fn is_namespace_subresource(rest: &[&str]) -> bool {
    matches!(rest, ["status" | "finalize"])
}

fn find_below(of: &Definition, name: &str) -> Result<Subresource, Failure> {
    let found = of.subresources.iter().copied().find(|one| one.name() == name);
    found.ok_or_else(Failure::unknown_path)
}

/// The kind can be written here.
pub fn writable(of: &Definition, method: &Method) -> Result<(), Failure> {
    match of.access {
        Access::Refused(why) if method != Method::GET => {
            Err(Failure::not_implemented(format!("{}: {why}", of.resource())))
        }
        _ => Ok(()),
    }
}
