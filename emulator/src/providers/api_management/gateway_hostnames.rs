//! Host names of a self-hosted gateway:
//! <https://learn.microsoft.com/rest/api/apimanagement/gateway-hostname-configuration>.

use super::stored::STORED;
use super::{certificates, validation};
use crate::engine::{Definition, Example, Fidelity, Listing, Verb, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/gateways/hostnameConfigurations",
    summary: "A host name of a self-hosted gateway.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate(
        "a self-hosted gateway here listens where it is told on its command line",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/gateways/example-gateway/hostnameConfigurations/example-host",
        body: r#"{"properties": {"hostname": "api.example.com", "http2Enabled": true}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        for switch in ["negotiateClientCertificate", "tls10Enabled", "tls11Enabled", "http2Enabled"] {
            set_default(&mut draft.body, &["properties", switch], false);
        }
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "hostname", 256)?;
        let Some(id) = text(draft.properties(), &["certificateId"]) else { return Ok(()) };
        let name = id.rsplit('/').next().unwrap_or_default();
        let service = validation::service_of(draft.tx, &draft.id);
        let segment = certificates::DEFINITION.segment();
        if service.is_some_and(|service| draft.tx.get(&service.id.child(segment, name)).is_some()) {
            return Ok(());
        }
        Err(validation::field("certificateId", format!("Certificate with specified ID '{name}' not found.")))
    },
    listing: Listing::Plain,
    ..STORED
};
