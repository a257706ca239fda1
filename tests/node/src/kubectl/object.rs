//! `kubectl create|apply|delete -f` and `kubectl get`.

use reqwest::Method;
use serde_json::Value;

use super::Command;
use crate::api::{Api, Body};
use crate::error::Error;
use crate::print;

/// Where objects of a kind are.
pub struct Resource {
    plural: String,
    base: String,
    namespaced: bool,
}

/// Creates, applies or deletes all documents; what fails is said at the end, and the others are done all the same.
pub async fn all(api: &Api, (verb, command): (&str, &Command), documents: Vec<Value>) -> Result<(), Error> {
    let mut failed = None;
    for document in documents {
        if let Err(error) = one(api, (verb, command), &document).await
            && let Some(earlier) = failed.replace(error)
        {
            print::error(&earlier.as_said_by("kubectl"));
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn one(api: &Api, (verb, command): (&str, &Command), document: &Value) -> Result<(), Error> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&document["apiVersion"]), text(&document["kind"]));
    let (name, namespace) = (text(&document["metadata"]["name"]), text(&document["metadata"]["namespace"]));
    let resource = Resource::of_kind(api, &version, &kind).await?;
    let namespace = command.namespace.clone().unwrap_or(namespace);
    let collection = resource.path(&namespace);
    let object = format!("{collection}/{name}");
    let shown = match version.split_once('/') {
        Some((group, _)) => format!("{}.{group}/{name}", kind.to_lowercase()),
        None => format!("{}/{name}", kind.to_lowercase()),
    };
    let done = match verb {
        "create" => {
            let path = format!("{collection}?fieldManager=kubectl-create&fieldValidation=Strict");
            api.send(Method::POST, &path, Body::Json(document)).await?;
            "created"
        }
        "apply" => {
            let was = api.find(&object).await?;
            let path = format!("{object}?fieldManager=kubectl&fieldValidation=Strict&force=true");
            let is = api.send(Method::PATCH, &path, Body::Apply(document)).await?;
            match was {
                None => "created",
                Some(was) if was["metadata"]["resourceVersion"] == is["metadata"]["resourceVersion"] => {
                    "unchanged"
                }
                Some(_) => "configured",
            }
        }
        _ => match api.send(Method::DELETE, &object, Body::None).await {
            Err(Error::Refused { code: 404, .. }) if command.missing_is_fine => return Ok(()),
            deleted => deleted.map(|_| "deleted")?,
        },
    };
    print::line(&format!("{shown} {done}"));
    Ok(())
}

/// Shows objects, as names or as JSON.
pub async fn get(api: &Api, command: &Command, (word, names): (&str, &[&str])) -> Result<(), Error> {
    let resource = Resource::of_word(api, word).await?;
    let namespace = if command.everywhere { "" } else { command.namespace.as_deref().unwrap_or("default") };
    let collection = resource.path(namespace);
    let json = match command.output.as_deref() {
        Some("json") => true,
        Some("name") | None => false,
        Some(other) => return Err(Error::Usage(format!("kubectl get -o {other}"))),
    };
    if names.is_empty() {
        let list = api.get(&collection).await?;
        if json {
            print::line(&list.to_string());
        } else {
            list["items"].as_array().into_iter().flatten().for_each(|object| print_name(&resource, object));
        }
    }
    for name in names {
        match api.get(&format!("{collection}/{name}")).await {
            Ok(object) if json => print::line(&object.to_string()),
            Ok(object) => print_name(&resource, &object),
            Err(Error::Refused { code: 404, .. }) if command.missing_is_fine => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn print_name(resource: &Resource, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    print::line(&format!("{}/{name}", resource.plural.trim_end_matches('s')));
}

impl Resource {
    async fn of_kind(api: &Api, version: &str, kind: &str) -> Result<Self, Error> {
        let base = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let no_match = || {
            let what = format!("no matches for kind \"{kind}\" in version \"{version}\"");
            Error::Document(format!("resource mapping not found: {what}\nensure CRDs are installed first"))
        };
        let known = api.find(&base).await?.ok_or_else(no_match)?;
        let mut resources = known["resources"].as_array().into_iter().flatten();
        let resource = resources
            .find(|one| one["kind"] == kind && !one["name"].as_str().unwrap_or_default().contains('/'))
            .ok_or_else(no_match)?;
        Ok(Self {
            plural: resource["name"].as_str().unwrap_or_default().to_owned(),
            base,
            namespaced: resource["namespaced"] == true,
        })
    }

    /// By plural, singular or short name.
    pub async fn of_word(api: &Api, word: &str) -> Result<Self, Error> {
        let groups = api.get("/apis").await?;
        let groups = groups["groups"].as_array().into_iter().flatten();
        let versions = groups.filter_map(|group| group["preferredVersion"]["groupVersion"].as_str());
        let mut bases = vec!["/api/v1".to_owned()];
        bases.extend(versions.map(|version| format!("/apis/{version}")));
        for base in bases {
            let known = api.get(&base).await?;
            let mut resources = known["resources"].as_array().into_iter().flatten();
            let found = resources.find(|one| {
                let short = one["shortNames"].as_array().into_iter().flatten();
                one["name"] == word
                    || one["singularName"] == word
                    || short.into_iter().any(|name| name == word)
            });
            if let Some(found) = found {
                let plural = found["name"].as_str().unwrap_or_default().to_owned();
                return Ok(Self { plural, base, namespaced: found["namespaced"] == true });
            }
        }
        Err(Error::Document(format!("the server doesn't have a resource type \"{word}\"")))
    }

    /// The path of the collection; of all namespaces if none is given and `get` asks.
    pub fn path(&self, namespace: &str) -> String {
        match (self.namespaced, namespace) {
            (false, _) => format!("{}/{}", self.base, self.plural),
            (true, "") => format!("{}/namespaces/default/{}", self.base, self.plural),
            (true, namespace) => format!("{}/namespaces/{namespace}/{}", self.base, self.plural),
        }
    }
}
