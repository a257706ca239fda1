//! The application registration: <https://learn.microsoft.com/graph/api/application-post-applications>.

use cloud::{Node, NodeKind};

use super::{Context, key, other};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some(identity) = &context.document.identity else { return Vec::new() };
    let display_name = identity.application.to_string();
    let title = format!("application {display_name}");
    vec![other(key::APPLICATION, title, NodeKind::Application { display_name }).done()]
}
