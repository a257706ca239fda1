//! `kubectl label` and `kubectl taint`.

use reqwest::Method;
use serde_json::{Value, json};

use super::object::Resource;
use crate::api::{Api, Body};
use crate::error::Error;
use crate::print;

/// Sets `key=value` and removes `key-`.
pub async fn label(api: &Api, (word, rest): (&str, &[&str]), every: bool) -> Result<(), Error> {
    let collection = Resource::of_word(api, word).await?.path("default");
    let (changes, names) = changes(rest);
    let mut labels = serde_json::Map::new();
    for change in changes {
        let (key, value) = match (change.split_once('='), change.strip_suffix('-')) {
            (Some((key, value)), _) => (key, Value::from(value)),
            (None, Some(key)) => (key, Value::Null),
            (None, None) => return Err(Error::Usage(format!("kubectl label {change}"))),
        };
        labels.insert(key.to_owned(), value);
    }
    let patch = json!({"metadata": {"labels": labels}});
    for name in targets(api, &collection, (names, every)).await? {
        api.send(Method::PATCH, &format!("{collection}/{name}"), Body::MergePatch(&patch)).await?;
        let done = if labels.values().all(Value::is_null) { "unlabeled" } else { "labeled" };
        print::line(&format!("{word}/{name} {done}"));
    }
    Ok(())
}

/// Adds `key=value:effect` and removes `key-` or `key:effect-`.
pub async fn taint(api: &Api, rest: &[&str], every: bool) -> Result<(), Error> {
    let (changes, names) = changes(rest);
    for name in targets(api, "/api/v1/nodes", (names, every)).await? {
        let path = format!("/api/v1/nodes/{name}");
        let node = api.get(&path).await?;
        let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        for change in &changes {
            match change.strip_suffix('-') {
                Some(gone) => {
                    let (key, effect) = gone.split_once(':').unwrap_or((gone, ""));
                    let before = taints.len();
                    taints.retain(|one| one["key"] != key || !effect.is_empty() && one["effect"] != effect);
                    if taints.len() == before {
                        return Err(Error::Document(format!("taint \"{gone}\" not found")));
                    }
                }
                None => taints.push(parse(change)?),
            }
        }
        api.send(Method::PATCH, &path, Body::MergePatch(&json!({"spec": {"taints": taints}}))).await?;
        let done = if changes.iter().all(|change| change.ends_with('-')) { "untainted" } else { "tainted" };
        print::line(&format!("node/{name} {done}"));
    }
    Ok(())
}

fn parse(taint: &str) -> Result<Value, Error> {
    let (key, effect) =
        taint.split_once(':').ok_or_else(|| Error::Usage(format!("kubectl taint {taint}")))?;
    let (key, value) = key.split_once('=').unwrap_or((key, ""));
    Ok(json!({"key": key, "value": value, "effect": effect}))
}

/// Changes come after names, and are told by what is in them.
fn changes<'a>(rest: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    rest.iter().partition(|word| word.contains(['=', ':']) || word.ends_with('-'))
}

async fn targets(
    api: &Api,
    collection: &str,
    (names, every): (Vec<&str>, bool),
) -> Result<Vec<String>, Error> {
    if !every {
        return Ok(names.into_iter().map(str::to_owned).collect());
    }
    let list = api.get(collection).await?;
    let objects = list["items"].as_array().into_iter().flatten();
    Ok(objects.filter_map(|object| object["metadata"]["name"].as_str().map(str::to_owned)).collect())
}
