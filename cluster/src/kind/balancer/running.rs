//! From a cluster that runs to its load balancers.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{Context, Images, run};
use crate::kind::images::{self, Progress, Reference, Say};
use crate::kind::{Node, Running, Shared};

/// The images of the engine, brought into a cluster's nodes.
struct EngineImages {
    images: images::Images,
    nodes: watch::Receiver<Arc<[Node]>>,
}

impl Images for EngineImages {
    fn provide<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let say: Say =
                Arc::new(|progress: Progress| tracing::debug!(?progress, "an image is on its way"));
            let nodes = self.nodes.borrow().clone();
            let provide = async {
                let present = self.images.ensure(&Reference::parse(image)?, &say).await?;
                self.images.load(&nodes, &[present], &say).await
            };
            provide.await.map(drop).map_err(|error| error.to_string())
        }
        .boxed()
    }
}

/// Runs the load balancers of a cluster whenever it runs, until it never will again.
pub(crate) async fn follow(shared: Arc<Shared>, mut running: watch::Receiver<Option<Arc<Running>>>) {
    loop {
        let present = running.borrow_and_update().clone();
        let Some(present) = present else {
            if running.changed().await.is_err() {
                return;
            }
            continue;
        };
        let (stop, stopped) = watch::channel(false);
        let mut balancing = std::pin::pin!(run(context(&present, &shared), stopped));
        let is_other =
            |now: &Option<Arc<Running>>| now.as_ref().is_none_or(|now| !Arc::ptr_eq(now, &present));
        let ended = async { running.wait_for(is_other).await.map(drop) };
        tokio::select! {
            () = &mut balancing => {}
            _ = ended => {
                stop.send_replace(true);
                balancing.await;
            }
        }
    }
}

fn context(running: &Running, shared: &Arc<Shared>) -> Context {
    let (hears, id) = (Arc::clone(shared), running.id.clone());
    Context {
        cluster: running.model.clone(),
        client: running.client.clone(),
        fabric: Arc::clone(&shared.config.fabric),
        clock: shared.config.clock.clone(),
        implementation: shared.config.load_balancer,
        nodes: Arc::new(running.nodes.clone()),
        images: Arc::new(EngineImages {
            images: images::Images::new(&shared.engine),
            nodes: running.nodes.clone(),
        }),
        reach: Arc::clone(&shared.reach),
        report: Arc::new(move |sentence| hears.reports.remember(&id, sentence)),
    }
}
