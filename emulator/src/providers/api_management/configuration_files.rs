//! The configuration of a service as files: one for each resource, at its path in the service.
//!
//! What is secret, and what belongs to people, is in no file: users, subscriptions, keys, certificates, secret named
//! values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use arm::ResourceId;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::{
    api_operations, api_policies, api_schemas, api_tags, api_version_sets, apis, backends, groups,
    named_values, operation_policies, operation_tags, policies, policy_fragments, product_apis,
    product_groups, product_policies, product_tags, products, schemas, tags,
};
use crate::engine::{Definition, Resource, Store, property, show, take};

/// What is in files, in the order in which it can be made.
pub const KINDS: [&Definition; 20] = [
    &tags::DEFINITION,
    &groups::DEFINITION,
    &named_values::DEFINITION,
    &backends::DEFINITION,
    &schemas::DEFINITION,
    &policy_fragments::DEFINITION,
    &api_version_sets::DEFINITION,
    &apis::DEFINITION,
    &api_schemas::DEFINITION,
    &api_operations::DEFINITION,
    &products::DEFINITION,
    &product_apis::DEFINITION,
    &product_groups::DEFINITION,
    &api_tags::DEFINITION,
    &operation_tags::DEFINITION,
    &product_tags::DEFINITION,
    &policies::DEFINITION,
    &product_policies::DEFINITION,
    &api_policies::DEFINITION,
    &operation_policies::DEFINITION,
];

/// How many files there may be, and how long each.
const FILES: usize = 20_000;
const LARGEST: u64 = 4 << 20;
/// What stands in names of files as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'=').remove(b';');

/// The files by their paths, without the ending.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of a service as it is.
pub fn of_service(store: &Store, service: &ResourceId) -> Files {
    let kept = KINDS.iter().flat_map(|kind| store.of_type(kind.name, Some(service)));
    let kept = kept.filter(|resource| is_kept(resource));
    kept.map(|resource| (path(service, &resource.id), contents(store, resource))).collect()
}

/// What is built in is always there, and what is secret is nobody's to read.
pub fn is_kept(resource: &Resource) -> bool {
    let is = |name: &str| property(resource.properties(), &[name]).as_bool() == Some(true);
    !is("builtIn") && !is("secret")
}

fn contents(store: &Store, resource: &Resource) -> Vec<u8> {
    let mut shown = show(resource, store);
    for name in ["id", "name", "type"] {
        take(&mut shown, &[name]);
    }
    let mut text = serde_json::to_vec_pretty(&shown).unwrap_or_default();
    text.push(b'\n');
    text
}

fn path(service: &ResourceId, id: &ResourceId) -> String {
    let inside = id.as_str().get(service.as_str().len()..).unwrap_or_default();
    let segments = inside.split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| utf8_percent_encode(segment, PLAIN).to_string()).collect::<Vec<_>>().join("/")
}

/// The resource of a service that a file is about.
pub fn id(service: &ResourceId, path: &str) -> Option<ResourceId> {
    let segments: Vec<String> =
        path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let plain = |part: &String| !part.is_empty() && !part.contains('/') && part != "." && part != "..";
    if !segments.len().is_multiple_of(2) || !segments.iter().all(plain) {
        return None;
    }
    format!("{service}/{}", segments.join("/")).parse().ok()
}

/// What the bytes of a file say.
pub fn body(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().filter(Value::is_object)
}

/// The same for the same files, whoever wrote them.
pub fn commit(files: &Files) -> String {
    let mut all = Vec::new();
    for (path, bytes) in files {
        all.extend_from_slice(format!("{path} {}\n", bytes.len()).as_bytes());
        all.extend_from_slice(bytes);
    }
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &all);
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Puts files in the place of all that are in a folder.
pub fn write(folder: &Path, files: &Files) -> io::Result<()> {
    let draft = folder.with_extension("new");
    remove(&draft)?;
    make(&draft)?;
    for (path, bytes) in files {
        let file = draft.join(format!("{path}.json"));
        make(file.parent().unwrap_or(&draft))?;
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(file)?.write_all(bytes)?;
    }
    remove(folder)?;
    fs::rename(&draft, folder)
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// All files of a folder; nothing if there is no such folder.
pub fn read(folder: &Path) -> io::Result<Option<Files>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let (mut files, mut folders) = (Files::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(folder).ok().and_then(Path::to_str);
            // Other files, such as those of Git and links, are nobody's resources.
            let Some(name) = inside.and_then(|name| name.strip_suffix(".json")).filter(|_| kind.is_file())
            else {
                continue;
            };
            let mut bytes = Vec::new();
            fs::File::open(&path)?.take(LARGEST).read_to_end(&mut bytes)?;
            files.insert(name.to_owned(), bytes);
            if files.len() > FILES {
                return Err(io::Error::other(format!("there are more than {FILES} files")));
            }
        }
    }
    Ok(Some(files))
}
