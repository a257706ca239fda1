//! `GET /logs?tail=N&follow=true`: the last lines of the sandbox's log, and what comes after them.

use std::convert::Infallible;
use std::io::SeekFrom;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use http::{StatusCode, header};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::watch;

use super::{Admin, guard};

/// The most of the log's end that one answer begins with.
const WINDOW: u64 = 1024 * 1024;

#[derive(Deserialize)]
struct Wanted {
    tail: Option<usize>,
    #[serde(default)]
    follow: bool,
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/logs", get(logs))
}

async fn logs(State(admin): State<Arc<Admin>>, Query(wanted): Query<Wanted>) -> Response {
    let written = admin.log.written();
    let (text, end) = match last_lines(admin.log.path(), wanted.tail).await {
        Ok(found) => found,
        Err(error) => return guard::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    let body = if wanted.follow { follow(&admin, text, end, written) } else { Body::from(text) };
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// The last `count` lines, all that fit into the window if no count is given, and where the log ends.
async fn last_lines(path: &Path, count: Option<usize>) -> std::io::Result<(Vec<u8>, u64)> {
    let mut file = File::open(path).await?;
    let end = file.metadata().await?.len();
    file.seek(SeekFrom::Start(end.saturating_sub(WINDOW))).await?;
    let mut text = Vec::new();
    file.take(WINDOW).read_to_end(&mut text).await?;
    let lines = text.split_inclusive(|byte| *byte == b'\n').rev().take(count.unwrap_or(usize::MAX));
    let length: usize = lines.map(<[u8]>::len).sum();
    Ok((text.split_off(text.len() - length), end))
}

fn follow(admin: &Arc<Admin>, text: Vec<u8>, end: u64, written: watch::Receiver<()>) -> Body {
    let state = Follower { admin: Arc::clone(admin), written, stop: admin.stop.subscribe(), end };
    let rest = stream::unfold(state, Follower::next);
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from(text))]);
    Body::from_stream(futures_util::StreamExt::chain(first, rest))
}

struct Follower {
    admin: Arc<Admin>,
    written: watch::Receiver<()>,
    stop: watch::Receiver<bool>,
    end: u64,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        tokio::select! {
            changed = self.written.changed() => changed.ok()?,
            _ = self.stop.wait_for(|stop| *stop) => return None,
        }
        let mut file = File::open(self.admin.log.path()).await.ok()?;
        if file.metadata().await.ok()?.len() < self.end {
            // The log was set aside; the new one begins at its beginning.
            self.end = 0;
        }
        file.seek(SeekFrom::Start(self.end)).await.ok()?;
        let mut text = Vec::new();
        file.take(WINDOW).read_to_end(&mut text).await.ok()?;
        self.end += text.len() as u64;
        Some((Ok(Bytes::from(text)), self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        std::fs::write(&path, "one\ntwo\nthree\n").expect("written");
        for (count, expected) in [(Some(0), ""), (Some(2), "two\nthree\n"), (None, "one\ntwo\nthree\n")] {
            let (text, end) = last_lines(&path, count).await.expect("readable");
            assert_eq!((String::from_utf8_lossy(&text).as_ref(), end), (expected, 14), "{count:?}");
        }
    }
}
