//! Images in the nodes of clusters of containers. `POST /images` brings some into all nodes that run; `PUT /images` says
//! which ones every cluster needs, and survives restarts. The answer is a line of JSON for each step, the last of them
//! with the result.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use cluster::kind::images::{Images, Loaded, Reference, Say};
use cluster::kind::{self, Kind, Node};
use emulator::{Change, Database};
use futures_util::stream;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use super::{Admin, guard};
use crate::Error;

const BUCKET: &str = "sandbox";
const KEY: &str = "images";
const MOST: usize = 256;
/// Lines that may wait for the client.
const WAITING: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Images by name.
    #[serde(default)]
    images: Vec<String>,
    /// Files with images.
    #[serde(default)]
    archives: Vec<PathBuf>,
}

/// How long images are wanted in nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// The nodes that run get them.
    Now,
    /// Clusters to come get them as well.
    Always,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Loaded(Vec<Loaded>),
    Failed(String),
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/images", post(load).put(need))
}

/// The images of the last `PUT`.
pub(crate) fn stored(database: &Database) -> Result<Vec<Reference>, Error> {
    let stored = database.load(BUCKET)?.into_iter().find(|(key, _)| key == KEY);
    let names: Vec<String> =
        stored.and_then(|(_, value)| serde_json::from_slice(&value).ok()).unwrap_or_default();
    Ok(names.iter().filter_map(|name| Reference::parse(name).ok()).collect())
}

async fn load(State(admin): State<Arc<Admin>>, Json(wanted): Json<Wanted>) -> Response {
    begin(&admin, wanted, Kept::Now)
}

async fn need(State(admin): State<Arc<Admin>>, Json(wanted): Json<Wanted>) -> Response {
    let Ok(value) = serde_json::to_vec(&wanted.images) else {
        return guard::problem(StatusCode::BAD_REQUEST, "the images cannot be stored");
    };
    let change = Change { bucket: BUCKET.to_owned(), key: KEY.to_owned(), value: Some(value) };
    if let Err(error) = admin.database.commit(vec![change]).await {
        return guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    }
    begin(&admin, wanted, Kept::Always)
}

fn begin(admin: &Admin, wanted: Wanted, kept: Kept) -> Response {
    let Some(kind) = admin.kind.clone() else {
        let message =
            "the clusters of this sandbox run images without containers; `--cluster kind` uses them";
        return guard::problem(StatusCode::CONFLICT, message);
    };
    if wanted.images.len() > MOST || wanted.archives.len() > MOST {
        return guard::problem(StatusCode::BAD_REQUEST, "too many images: at most 256");
    }
    let (sender, lines) = mpsc::channel::<Bytes>(WAITING);
    tokio::spawn(async move {
        let told = sender.clone();
        // Who does not read fast enough misses steps, but not the result.
        let say: Say = Arc::new(move |progress| drop(told.try_send(line(&json!({ "progress": progress })))));
        let answer = tokio::select! {
            () = sender.closed() => return,
            answer = bring(&kind, (&wanted, kept), &say) => answer,
        };
        let answer = match answer {
            Ok(loaded) => Answer::Loaded(loaded),
            Err(error) => Answer::Failed(error.to_string()),
        };
        drop(sender.send(line(&answer)).await);
    });
    let lines = stream::unfold(lines, |mut lines| async move {
        lines.recv().await.map(|line| (Ok::<_, Infallible>(line), lines))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

async fn bring(kind: &Kind, (wanted, kept): (&Wanted, Kept), say: &Say) -> Result<Vec<Loaded>, kind::Error> {
    let images = Images::new(kind.engine());
    let named = wanted.images.iter().map(|name| Reference::parse(name)).collect::<Result<Vec<_>, _>>()?;
    if kept == Kept::Always {
        // Without it nothing else is of use, so it is looked for first.
        images.ensure(&Reference::parse(kind.node_image())?, say).await?;
    }
    let mut present = Vec::new();
    for reference in &named {
        present.push(images.ensure(reference, say).await?);
    }
    if kept == Kept::Always {
        kind.need(named);
    }
    let nodes: Vec<Node> =
        kind.all_running().iter().flat_map(|running| running.nodes.borrow().to_vec()).collect();
    let loaded = images.load(&nodes, &present, say).await?;
    for archive in &wanted.archives {
        images.load_archive(&nodes, archive, say).await?;
    }
    Ok(loaded)
}

fn line(value: &impl Serialize) -> Bytes {
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
