//! Making an ARM resource.

use http::Method;
use serde_json::{Map, Value};

use super::journal::Step;
use super::run::Task;
use crate::node::{ArmMethod, NodeKind};
use crate::ownership::is_resource_group;
use crate::plan::difference::{joined_paths, verdict};
use crate::plan::{Action, is_settled, is_vanishing, read};
use crate::{Error, reference};

const ROLE_ASSIGNMENTS: &str = "/providers/microsoft.authorization/roleassignments/";

impl Task<'_> {
    /// Makes the ARM resource of this node what it shall be.
    pub(super) async fn resource(&self) -> Result<Action, Error> {
        let NodeKind::Arm { id, method, if_match_any, body, .. } = &self.node.kind else {
            return Ok(Action::Unchanged);
        };
        let live = self.settled().await?;
        let wanted = {
            let outputs = self.run.outputs();
            verdict(self.run.graph, self.node, live.as_ref(), &outputs)
        };
        if let (Action::Unchanged, Some(live)) = (wanted.action, &live) {
            self.learn(live);
            return Ok(Action::Unchanged);
        }
        let path = read::path(&self.node.kind);
        let body = match &live {
            None => self.resolved(&self.with_tags(body))?,
            Some(live) => self.updated(body, live)?,
        };
        if live.is_some() && id.to_ascii_lowercase().contains(ROLE_ASSIGNMENTS) {
            // A role assignment cannot be changed; it is made anew under its name.
            let gone = self.run.client.arm(Method::DELETE, &path, None, &[]).await?;
            self.run.client.wait(&gone).await?;
        }
        let method = if *method == ArmMethod::Put { Method::PUT } else { Method::PATCH };
        let headers: &[(&str, &str)] = if *if_match_any { &[("if-match", "*")] } else { &[] };
        self.run.journal.note(&self.node.key, Step::Intent, |record| {
            (record.id, record.method) = (Some(id.clone()), Some(method.to_string()));
        });
        let accepted =
            self.insist(|| self.run.client.arm(method.clone(), &path, Some(&body), headers)).await?;
        let made = match accepted {
            Some(answer) => self.run.client.wait_watched(&answer, self).await?,
            None => read::arm(self.run.client, &self.node.kind).await?.unwrap_or_default(),
        };
        self.learn(&made);
        Ok(if live.is_some() { Action::Update } else { Action::Create })
    }

    /// What is there, once nobody is at work on it.
    async fn settled(&self) -> Result<Option<Value>, Error> {
        let client = self.run.client;
        let live = match &self.node.kind {
            // Its resource may have been made or changed by this run.
            NodeKind::Arm { method: ArmMethod::Patch, .. } => read::arm(client, &self.node.kind).await?,
            _ => self.before().cloned(),
        };
        let Some(live) = live else { return Ok(None) };
        if is_settled(&live) {
            return Ok(Some(live));
        }
        let path = read::path(&self.node.kind);
        if is_vanishing(&live) {
            client.gone(&path, self).await?;
            return Ok(None);
        }
        let poll_url = self.run.journal.unfinished.get(&self.node.key).map(String::as_str);
        Ok(Some(client.resume(&path, poll_url, self).await?))
    }

    /// The body of a new resource: a resource group gets the run's tags.
    fn with_tags(&self, body: &Value) -> Value {
        let NodeKind::Arm { id, .. } = &self.node.kind else { return body.clone() };
        let mut body = body.clone();
        if let (true, Some(fields)) = (is_resource_group(id), body.as_object_mut()) {
            let tags = fields.entry("tags").or_insert_with(|| Value::Object(Map::new()));
            for (name, value) in &self.run.options.tags {
                if let Some(tags) = tags.as_object_mut() {
                    tags.entry(name).or_insert_with(|| value.as_str().into());
                }
            }
        }
        body
    }

    /// The body of a change. A PUT replaces: what others decide about is sent as it is.
    fn updated(&self, body: &Value, live: &Value) -> Result<Value, Error> {
        let NodeKind::Arm { id, method, .. } = &self.node.kind else { return Ok(body.clone()) };
        let kept = reference::without_unknown_secrets(body, &self.run.outputs());
        let mut body = self.resolved(&kept)?;
        if *method == ArmMethod::Put {
            for path in joined_paths(self.run.graph, id) {
                carry(&mut body, live, &path);
            }
            keep_tags(&mut body, live);
            keep_subnets(&mut body, live);
        }
        Ok(body)
    }
}

/// Takes the value at `path` as it is; leaves it out if there is none.
fn carry(body: &mut Value, live: &Value, path: &str) {
    let pointer = format!("/{}", path.replace('.', "/"));
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    match live.pointer(&pointer).filter(|value| !value.is_null()) {
        Some(value) => {
            let mut place = body;
            for step in parent.split('/').filter(|step| !step.is_empty()) {
                let Some(fields) = place.as_object_mut() else { return };
                place = fields.entry(step).or_insert_with(|| Value::Object(Map::new()));
            }
            if let Some(fields) = place.as_object_mut() {
                fields.insert(key.to_owned(), value.clone());
            }
        }
        None => {
            if let Some(fields) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                fields.remove(key);
            }
        }
    }
}

/// Tags that others set stay.
fn keep_tags(body: &mut Value, live: &Value) {
    let Some(there) = live.get("tags").and_then(Value::as_object) else { return };
    let Some(tags) = body.get_mut("tags").and_then(Value::as_object_mut) else { return };
    for (name, value) in there {
        if !tags.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            tags.insert(name.clone(), value.clone());
        }
    }
}

/// Subnets that others made stay: a virtual network's PUT removes those that it does not name.
fn keep_subnets(body: &mut Value, live: &Value) {
    let Some(there) = live.pointer("/properties/subnets").and_then(Value::as_array) else { return };
    let Some(subnets) = body.pointer_mut("/properties/subnets").and_then(Value::as_array_mut) else { return };
    let name =
        |subnet: &Value| subnet.get("name").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let known: Vec<String> = subnets.iter().map(name).collect();
    subnets.extend(there.iter().filter(|subnet| !known.contains(&name(subnet))).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_put_does_not_undo_what_others_decide() {
        let mut body = json!({
            "tags": {"a": "1"},
            "properties": {"virtualNetworkType": "None", "subnets": [{"name": "aks"}]},
        });
        let live = json!({
            "tags": {"A": "0", "owner": "me"},
            "properties": {
                "virtualNetworkType": "External",
                "virtualNetworkConfiguration": {"subnetResourceId": "/s"},
                "subnets": [{"name": "AKS"}, {"name": "other"}],
            },
        });
        carry(&mut body, &live, "properties.virtualNetworkType");
        carry(&mut body, &live, "properties.virtualNetworkConfiguration.subnetResourceId");
        keep_tags(&mut body, &live);
        keep_subnets(&mut body, &live);
        assert_eq!(
            body,
            json!({
                "tags": {"a": "1", "owner": "me"},
                "properties": {
                    "virtualNetworkType": "External",
                    "subnets": [{"name": "aks"}, {"name": "other"}],
                    "virtualNetworkConfiguration": {"subnetResourceId": "/s"},
                },
            })
        );
        carry(&mut body, &json!({}), "properties.virtualNetworkType");
        assert_eq!(body.pointer("/properties/virtualNetworkType"), None);
    }
}
