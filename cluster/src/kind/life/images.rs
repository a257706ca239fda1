//! The images that Pods of a cluster will name, brought into its nodes before anything is asked of it.

use std::sync::Arc;

use super::Life;
use crate::kind::images::{Images, Present, Say};
use crate::kind::node::Node;
use crate::kind::{Error, Phase};

impl Life {
    /// Brings the images that were asked for into nodes. Where a node cannot pull, a Pod would wait for them for ever.
    pub(super) async fn provide_images(&self, nodes: &[Node]) -> Result<(), Error> {
        let needed = self.shared.needed.borrow().clone();
        if needed.is_empty() {
            return Ok(());
        }
        self.say(Phase::Waiting, "brings images into the nodes");
        let images = Images::new(&self.shared.engine);
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        let say: Say = Arc::new(move |progress| shared.reports.progress(&id, Phase::Waiting, progress));
        let work = async {
            let mut present: Vec<Present> = Vec::new();
            for reference in &needed {
                present.push(images.ensure(reference, &say).await?);
            }
            images.load(nodes, &present, &say).await
        };
        self.patiently(work).await.map(drop)
    }
}
