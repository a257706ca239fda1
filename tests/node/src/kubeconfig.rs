//! Kubeconfigs: `admin.conf` with a client certificate, as `kubeadm` writes it, and a node's own with a token.
//! <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::Error;
use crate::pki::Pair;

/// The administrator's, made by `kubeadm init`.
pub const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// How a client shows who it is.
pub enum Credential {
    /// A certificate and its key.
    Certificate(Pair),
    /// A bearer token.
    Token(String),
}

/// Whom to call, and how.
pub struct Kubeconfig {
    /// The API server.
    pub server: String,
    /// The authority of its certificate.
    pub authority_pem: String,
    /// Who calls.
    pub credential: Credential,
}

impl Kubeconfig {
    /// The text, for a user of a cluster.
    pub fn render(&self, cluster: &str, user: &str) -> String {
        let (authority, server) = (STANDARD.encode(&self.authority_pem), &self.server);
        let credential = match &self.credential {
            Credential::Certificate(pair) => format!(
                "    client-certificate-data: {}\n    client-key-data: {}\n",
                STANDARD.encode(&pair.certificate_pem),
                STANDARD.encode(&pair.key_pem)
            ),
            Credential::Token(token) => format!("    token: {token}\n"),
        };
        format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {authority}\n    server: {server}\n  \
             name: {cluster}\ncontexts:\n- context:\n    cluster: {cluster}\n    user: {user}\n  name: {user}@{cluster}\n\
             current-context: {user}@{cluster}\nkind: Config\npreferences: {{}}\nusers:\n- name: {user}\n  user:\n\
             {credential}"
        )
    }

    /// Reads a text that [`Kubeconfig::render`] made: one cluster, one user.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Document(format!("kubeconfig: {what}"));
        let value: Value = serde_saphyr::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        let (cluster, user) = (&value["clusters"][0]["cluster"], &value["users"][0]["user"]);
        let data = |of: &Value, field: &str| {
            let decoded = of[field].as_str().and_then(|text| STANDARD.decode(text).ok());
            decoded.and_then(|bytes| String::from_utf8(bytes).ok())
        };
        let certificate = data(user, "client-certificate-data").zip(data(user, "client-key-data"));
        let token = user["token"].as_str().map(|token| Credential::Token(token.to_owned()));
        let credential = certificate
            .map(|(certificate_pem, key_pem)| Credential::Certificate(Pair { certificate_pem, key_pem }))
            .or(token);
        Ok(Self {
            server: cluster["server"].as_str().ok_or_else(|| wrong("no server"))?.to_owned(),
            authority_pem: data(cluster, "certificate-authority-data")
                .ok_or_else(|| wrong("no authority"))?,
            credential: credential.ok_or_else(|| wrong("no credential"))?,
        })
    }
}
