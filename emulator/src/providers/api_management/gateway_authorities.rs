//! Certificates that a self-hosted gateway takes for authorities:
//! <https://learn.microsoft.com/rest/api/apimanagement/gateway-certificate-authority>.

use super::links;
use super::stored::STORED;
use crate::engine::{Definition, Example, Fidelity, Listing, Verb, set_default};

/// The type. Its name is that of a certificate of the service.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/gateways/certificateAuthorities",
    summary: "A certificate that a self-hosted gateway takes for an authority.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Approximate("no gateway looks at it"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/gateways/example-gateway/certificateAuthorities/example-certificate",
        body: r#"{"properties": {"isTrusted": true}}"#,
        patch: None,
        after: &["Microsoft.ApiManagement/service/certificates"],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "isTrusted"], false);
        Ok(())
    },
    check: |draft| links::check(draft, "certificates", "Certificate"),
    listing: Listing::Plain,
    ..STORED
};
