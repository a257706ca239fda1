//! The application's service principal and its password:
//! <https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals>,
//! <https://learn.microsoft.com/graph/api/serviceprincipal-addpassword>.
//!
//! An application is what is registered, a service principal is what may be given rights: two objects, two ids.

use cloud::{Node, NodeKind};

use super::{Context, key, other};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some(identity) = &context.document.identity else { return Vec::new() };
    let name = &*identity.application;
    let principal = NodeKind::ServicePrincipal { application: key::APPLICATION.to_owned() };
    let password = NodeKind::Password {
        owner: key::SERVICE_PRINCIPAL.to_owned(),
        display_name: identity.password.clone(),
    };
    vec![
        other(key::SERVICE_PRINCIPAL, format!("service principal of {name}"), principal)
            .depends([key::APPLICATION])
            .done(),
        other(key::PASSWORD, format!("password of {name}"), password)
            .depends([key::SERVICE_PRINCIPAL])
            .done(),
    ]
}
