//! Removing what was made, and nothing else.
//!
//! The resource group must carry the scenario's tag; Azure removes what is in it. Of the directory only the
//! application that carries our tag goes, with its service principal and passwords.

use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::node::{Node, NodeKind};
use crate::operation::Watch;
use crate::ownership::{SCENARIO_TAG, is_resource_group, scenario, tag};
use crate::plan::{Action, read};
use crate::{Client, Error, Progress, ProgressEvent};

/// How to destroy.
#[derive(Clone)]
pub struct DestroyOptions {
    /// The resource group, as the user confirmed it.
    pub group: String,
    /// What happens to soft-deleted services.
    pub purge: Purge,
    /// Who is told.
    pub progress: Arc<dyn Progress>,
}

/// What happens to services that Azure keeps for two days after their deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// They are removed for good, which needs a right on the subscription.
    Yes,
    /// They stay; the commands that remove them are given.
    No,
}

/// Whether there is something to remove.
enum Presence {
    Ours,
    Absent,
}

/// Removes everything that the nodes describe and that is ours. Gives what the user may still want to do.
pub async fn destroy(
    client: &Client,
    nodes: &[Node],
    options: &DestroyOptions,
) -> Result<Vec<String>, Error> {
    let removal = Removal { client, nodes, options };
    let group = removal.group()?;
    let mut lines = Vec::new();
    match removal.find(group).await? {
        Presence::Ours => removal.delete(group, read::path(&group.kind)).await?,
        Presence::Absent => lines.push(format!("{} is not there", group.title)),
    }
    lines.extend(removal.purge().await?);
    removal.applications().await?;
    Ok(lines)
}

struct Removal<'a> {
    client: &'a Client,
    nodes: &'a [Node],
    options: &'a DestroyOptions,
}

impl<'a> Removal<'a> {
    /// The node of the resource group that the user named.
    fn group(&self) -> Result<&'a Node, Error> {
        let named = |node: &&Node| match &node.kind {
            NodeKind::Arm { id, .. } => {
                is_resource_group(id)
                    && id
                        .rsplit('/')
                        .next()
                        .is_some_and(|name| name.eq_ignore_ascii_case(&self.options.group))
            }
            _ => false,
        };
        self.nodes.iter().find(named).ok_or_else(|| {
            Error::Graph(format!("the scenario has no resource group `{}`; name its own", self.options.group))
        })
    }

    /// The group is there; one that is not ours is refused.
    async fn find(&self, group: &Node) -> Result<Presence, Error> {
        let Some(live) = read::arm(self.client, &group.kind).await? else { return Ok(Presence::Absent) };
        let wanted = scenario(self.nodes).unwrap_or_default();
        match tag(&live, SCENARIO_TAG) {
            Some(there) if there == wanted && !wanted.is_empty() => Ok(Presence::Ours),
            there => Err(Error::Blocked {
                title: group.title.clone(),
                reason: format!(
                    "its tag `{SCENARIO_TAG}` is {}, not `{wanted}`, so it is not deleted; delete it yourself if it is yours",
                    there.map_or_else(|| "missing".to_owned(), |there| format!("`{there}`"))
                ),
            }),
        }
    }

    async fn delete(&self, node: &Node, path: String) -> Result<(), Error> {
        let started = self.client.clock().elapsed();
        let progress = &self.options.progress;
        progress.event(&ProgressEvent::Started { key: node.key.clone(), title: node.title.clone() });
        let watched = Watched { removal: self, key: &node.key, started };
        let answer = self.client.arm(Method::DELETE, &path, None, &[]).await?;
        let result = self.client.wait_watched(&answer, &watched).await;
        let elapsed = self.client.clock().elapsed().saturating_sub(started);
        let (key, title) = (node.key.clone(), node.title.clone());
        progress.event(&match &result {
            Ok(_) => ProgressEvent::Done { key, title, action: Action::Delete, elapsed },
            Err(error) => ProgressEvent::Failed { key, error: error.to_string() },
        });
        result.map(|_| ())
    }

    /// Removes the soft-deleted services for good, or says how.
    async fn purge(&self) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for node in self.nodes {
            let Some(service) = SoftDeleted::of(node) else { continue };
            let there = self.client.arm(Method::GET, &service.path, None, &[]).await?;
            let command = format!(
                "az apim deletedservice purge --service-name {} --location {}",
                service.name, service.location
            );
            match (there.status, self.options.purge) {
                (200..=299, Purge::Yes) => self.delete(node, service.path).await?,
                (200..=299, Purge::No) => {
                    lines.push(format!("the name {} stays taken for 48 hours: {command}", service.name));
                }
                (403, _) => lines
                    .push(format!("whether {} is soft-deleted may not be asked: {command}", service.name)),
                // Nothing is kept: never made, purged already, or a target without soft deletion.
                _ => {}
            }
        }
        Ok(lines)
    }

    async fn applications(&self) -> Result<(), Error> {
        for node in self.nodes {
            let NodeKind::Application { display_name } = &node.kind else { continue };
            let Some(application) =
                read::application(self.client, display_name, scenario(self.nodes)).await?
            else {
                continue;
            };
            let started = self.client.clock().elapsed();
            if let Some(principal) = read::service_principal(self.client, &application).await? {
                self.remove("servicePrincipals", &principal).await?;
            }
            self.remove("applications", &application).await?;
            self.options.progress.event(&ProgressEvent::Done {
                key: node.key.clone(),
                title: node.title.clone(),
                action: Action::Delete,
                elapsed: self.client.clock().elapsed().saturating_sub(started),
            });
        }
        Ok(())
    }

    async fn remove(&self, collection: &str, object: &Value) -> Result<(), Error> {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        let path = format!("/v1.0/{collection}/{id}");
        let answer = self.client.graph(Method::DELETE, &path, None).await?;
        if answer.status == 404 { Ok(()) } else { answer.success().map(|_| ()) }
    }
}

/// Where Azure keeps a deleted API Management service:
/// <https://learn.microsoft.com/azure/api-management/soft-delete>.
struct SoftDeleted {
    name: String,
    location: String,
    path: String,
}

impl SoftDeleted {
    fn of(node: &Node) -> Option<Self> {
        let NodeKind::Arm { id, api_version, body, .. } = &node.kind else { return None };
        let id: arm::ResourceId = id.parse().ok()?;
        if !id.resource_type().is("Microsoft.ApiManagement/service") {
            return None;
        }
        let location = body.get("location")?.as_str()?.replace(' ', "").to_ascii_lowercase();
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.ApiManagement/locations/{location}/deletedservices/{}?api-version={api_version}",
            id.subscription_id()?,
            id.name()
        );
        Some(Self { name: id.name().to_owned(), location, path })
    }
}

/// The deletion is told to the user.
struct Watched<'a> {
    removal: &'a Removal<'a>,
    key: &'a str,
    started: std::time::Duration,
}

impl Watch for Watched<'_> {
    fn state(&self, state: &str) {
        let elapsed = self.removal.client.clock().elapsed().saturating_sub(self.started);
        let event = ProgressEvent::Waiting { key: self.key.to_owned(), state: state.to_owned(), elapsed };
        self.removal.options.progress.event(&event);
    }

    fn poll_url(&self, _url: &str) {}
}
