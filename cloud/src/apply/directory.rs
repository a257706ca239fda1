//! Making applications, service principals and passwords (Microsoft Graph):
//! <https://learn.microsoft.com/graph/api/resources/application>.

use http::Method;
use serde_json::{Value, json};

use super::journal::Step;
use super::run::Task;
use crate::Error;
use crate::node::NodeKind;
use crate::ownership::{application_tag, scenario};
use crate::plan::Action;
use crate::plan::order::Graph;

/// The body that makes an application which is recognizably ours.
pub(crate) fn application_body(display_name: &str, scenario: Option<&str>) -> Value {
    json!({
        "displayName": display_name,
        "signInAudience": "AzureADMyOrg",
        "tags": [application_tag(scenario.unwrap_or_default())],
    })
}

/// The body that adds a password.
pub(crate) fn password_body(display_name: &str) -> Value {
    json!({"passwordCredential": {"displayName": display_name}})
}

/// The Graph collection that the node `owner` is in.
pub(crate) fn collection(graph: &Graph<'_>, owner: &str) -> &'static str {
    let node = graph.position(owner).and_then(|position| graph.nodes.get(position));
    match node.map(|node| &node.kind) {
        Some(NodeKind::ServicePrincipal { .. }) => "servicePrincipals",
        _ => "applications",
    }
}

impl Task<'_> {
    /// Makes the directory object of this node if it is not there.
    pub(super) async fn directory_object(&self, planned: Action) -> Result<Action, Error> {
        if planned != Action::Create {
            return Ok(Action::Unchanged);
        }
        match &self.node.kind {
            NodeKind::Application { display_name } => {
                let body = application_body(display_name, scenario(self.run.graph.nodes));
                self.post("/v1.0/applications", &body).await?;
            }
            NodeKind::ServicePrincipal { application } => {
                let body = self.resolved(&json!({"appId": {"$ref": format!("{application}.appId")}}))?;
                self.post("/v1.0/servicePrincipals", &body).await?;
            }
            NodeKind::Password { owner, display_name } => self.password(owner, display_name).await?,
            _ => {}
        }
        Ok(Action::Create)
    }

    /// Adds a password, and removes the one of the same name that nobody knows any more.
    async fn password(&self, owner: &str, display_name: &str) -> Result<(), Error> {
        let id = self.resolved(&json!({"$ref": format!("{owner}.objectId")}))?;
        let id = id.as_str().unwrap_or_default();
        let path = format!("/v1.0/{}/{id}", collection(self.run.graph, owner));
        self.post(&format!("{path}/addPassword"), &password_body(display_name)).await?;
        if let Some(old) = self.before().and_then(|password| password.get("keyId")) {
            let body = json!({"keyId": old});
            let answer =
                self.run.client.graph(Method::POST, &format!("{path}/removePassword"), Some(&body)).await?;
            if answer.status != 404 {
                answer.success()?;
            }
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), Error> {
        self.run.journal.note(&self.node.key, Step::Intent, |record| {
            (record.id, record.method) = (Some(path.to_owned()), Some("POST".to_owned()));
        });
        let answer = self.insist(|| self.run.client.graph(Method::POST, path, Some(body))).await?;
        if let Some(answer) = answer {
            self.learn(&answer.body);
        }
        Ok(())
    }
}
