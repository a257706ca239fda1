//! `GET /path?from=…&to=…&port=…`: the way of a connection to an address or a name, hop by hop, as far as it goes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use network::{Path, Place, SubnetId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Admin, guard};
use crate::internet::origin;

/// What is asked for.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// `internet`, a subnet's name or ARM id, or the name of an API Management service.
    from: String,
    to: String,
    port: u16,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/path", get(explain))
}

async fn explain(State(admin): State<Arc<Admin>>, Query(wanted): Query<Wanted>) -> Response {
    let Wanted { from, to, port } = wanted;
    match place(&admin, &from) {
        Ok(place) => {
            let path = match to.parse::<Ipv4Addr>() {
                Ok(address) => admin.fabric.explain(&place, address, port),
                Err(_) => admin.fabric.explain_name(&place, &to.to_ascii_lowercase(), port),
            };
            Json(shown(&place, (&to, port), &path)).into_response()
        }
        Err(why) => guard::problem(StatusCode::NOT_FOUND, &why),
    }
}

/// A service stands where its gateway is.
fn place(admin: &Admin, from: &str) -> Result<Place, String> {
    let services = admin.services.list();
    match services.iter().find(|service| service.name.eq_ignore_ascii_case(from)) {
        Some(service) => Ok(match &service.virtual_network {
            Some(subnet) => Place::Subnet(SubnetId::new(subnet)),
            None => Place::Internet,
        }),
        None => origin::find(&admin.fabric.topology(), from),
    }
}

fn shown(from: &Place, (to, port): (&str, u16), path: &Path) -> Value {
    let hops: Vec<Value> = path
        .hops
        .iter()
        .map(|hop| {
            json!({"kind": hop.kind.as_str(), "name": hop.name, "says": hop.says, "passes": hop.passes})
        })
        .collect();
    let refused = path.outcome.as_ref().err().map(ToString::to_string);
    let to = format!("{to}:{port}");
    json!({"from": from.to_string(), "to": to, "reached": refused.is_none(), "refused": refused, "hops": hops})
}
