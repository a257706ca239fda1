//! Ways into a cluster: what `az aks get-credentials` would give, the same for containers, and kind's entries in the
//! user's own file.
//! <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>

mod file;

use serde_json::{Value, json};

use super::Error;

pub use file::File;

/// What a client shows and trusts.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    authority: Value,
    certificate: Value,
    key: Value,
}

/// What the parts of a kubeconfig are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The cluster.
    pub cluster: String,
    /// The user.
    pub user: String,
    /// The context.
    pub context: String,
}

impl Names {
    /// AKS's names.
    pub fn of_aks(cluster: &aks::ManagedCluster) -> Self {
        let user = format!("clusterUser_{}_{}", cluster.resource_group, cluster.name);
        Self { cluster: cluster.name.clone(), user, context: cluster.name.clone() }
    }

    /// kind's: one for all.
    pub fn of_kind(cluster: &str) -> Self {
        let name = format!("kind-{cluster}");
        Self { cluster: name.clone(), user: name.clone(), context: name }
    }
}

impl Credentials {
    /// Those in the file that kubeadm has written.
    pub fn read(node: &str, admin: &str) -> Result<Self, Error> {
        let unreadable = |reason: String| Error::Answer {
            node: node.to_owned(),
            command: "cat /etc/kubernetes/admin.conf".to_owned(),
            reason,
        };
        let admin: Value = serde_saphyr::from_str(admin).map_err(|error| unreadable(error.to_string()))?;
        let credentials = Self {
            authority: admin["clusters"][0]["cluster"]["certificate-authority-data"].clone(),
            certificate: admin["users"][0]["user"]["client-certificate-data"].clone(),
            key: admin["users"][0]["user"]["client-key-data"].clone(),
        };
        let parts = [&credentials.authority, &credentials.certificate, &credentials.key];
        if parts.iter().any(|part| part.as_str().is_none_or(str::is_empty)) {
            return Err(unreadable("it holds no certificates".to_owned()));
        }
        Ok(credentials)
    }

    /// A kubeconfig of its own.
    pub fn kubeconfig(&self, names: &Names, server: &str) -> Result<String, Error> {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "preferences": {},
            "clusters": [self.cluster(names, server)],
            "users": [self.user(names)],
            "contexts": [context(names)],
            "current-context": names.context,
        });
        serde_saphyr::to_string(&config)
            .map_err(|error| Error::Model(format!("the kubeconfig cannot be written: {error}")))
    }

    fn cluster(&self, names: &Names, server: &str) -> Value {
        json!({
            "name": names.cluster,
            "cluster": { "certificate-authority-data": self.authority, "server": server },
        })
    }

    fn user(&self, names: &Names) -> Value {
        json!({
            "name": names.user,
            "user": { "client-certificate-data": self.certificate, "client-key-data": self.key },
        })
    }
}

fn context(names: &Names) -> Value {
    json!({ "name": names.context, "context": { "cluster": names.cluster, "user": names.user } })
}

#[cfg(test)]
mod tests;
