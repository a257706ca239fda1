//! Which API a request is for: by path, then by version, then by revision.
//!
//! `/customers/v2;rev=3/leads` asks for the operation `/leads` of revision 3 of version `v2`, which its set tells apart
//! by a segment of the path, of the API with the path `customers`.
//! <https://learn.microsoft.com/azure/api-management/api-management-versions>,
//! <https://learn.microsoft.com/azure/api-management/api-management-revisions>
//!
//! **Differs from Azure:** which revision answers when several are asked for is not documented; here the whole name
//! must fit, so none does.

use std::sync::Arc;

use apim::VersioningScheme;
use foldhash::HashMap;
use http::HeaderMap;

use crate::routing::api_prefixes;
use crate::snapshot::Api;

/// What a request says about the API that it is for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r> {
    /// The path.
    pub path: &'r str,
    /// The query, without its mark.
    pub query: Option<&'r str>,
    /// The headers.
    pub headers: &'r HeaderMap,
}

/// The APIs of a service by what requests say.
#[derive(Debug, Default)]
pub struct Published {
    all: Vec<Arc<Api>>,
    /// By lower-case path, with the version and the revision where they are part of it.
    by_path: HashMap<String, Vec<Arc<Api>>>,
    /// How many slashes the longest of these paths has.
    deepest: usize,
}

impl Published {
    /// Adds a revision of an API.
    pub fn insert(&mut self, api: Arc<Api>) {
        let path = base(&api).to_lowercase();
        let revision = format!("{path};rev={}", api.revision.to_lowercase());
        self.deepest = self.deepest.max(slashes(&path));
        if api.current {
            self.by_path.entry(path).or_default().push(Arc::clone(&api));
        }
        self.by_path.entry(revision).or_default().push(Arc::clone(&api));
        self.all.push(api);
    }

    /// All revisions of all APIs.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Api>> {
        self.all.iter()
    }

    /// The API with the longest path that the request's path begins with, in the version that the request names,
    /// and what follows it.
    pub fn find<'p>(&self, asked: &Asked<'p>) -> Option<(&Arc<Api>, &'p str)> {
        // Prefixes with more segments than any API's path need no look.
        let beyond = slashes(asked.path.strip_prefix('/').unwrap_or(asked.path)).saturating_sub(self.deepest);
        let mut prefixes = api_prefixes(asked.path).skip(beyond);
        let (versions, rest) = prefixes.find_map(|(prefix, rest)| Some((self.at(prefix)?, rest)))?;
        let api = versions.iter().find(|api| is_asked_for(api, asked))?;
        Some((api, rest))
    }

    fn at(&self, prefix: &str) -> Option<&Vec<Arc<Api>>> {
        if let Some(found) = self.by_path.get(prefix) {
            return Some(found);
        }
        if !prefix.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'%') {
            return None;
        }
        let decoded = percent_encoding::percent_decode_str(prefix).decode_utf8_lossy();
        self.by_path.get(&decoded.to_lowercase())
    }
}

fn slashes(path: &str) -> usize {
    memchr::memchr_iter(b'/', path.as_bytes()).count()
}

/// The path of an API with the version that is part of it.
fn base(api: &Api) -> String {
    match &api.version {
        Some(apim::ApiVersion { name, scheme: VersioningScheme::Segment, .. }) if !name.is_empty() => {
            format!("{}/{name}", api.path).trim_start_matches('/').to_owned()
        }
        _ => api.path.clone(),
    }
}

fn is_asked_for(api: &Api, asked: &Asked<'_>) -> bool {
    let Some(version) = &api.version else { return true };
    match &version.scheme {
        VersioningScheme::Segment => true,
        VersioningScheme::Header(name) => {
            let value = asked.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            value.trim().eq_ignore_ascii_case(&version.name)
        }
        VersioningScheme::Query(name) => {
            let pairs = form_urlencoded::parse(asked.query.unwrap_or_default().as_bytes());
            let value = pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            value.map_or("".into(), |(_, value)| value).eq_ignore_ascii_case(&version.name)
        }
    }
}
