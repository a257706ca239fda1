//! Commands in the nodes of a running cluster.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::NodeExec;
use crate::kind::Node;

impl NodeExec for watch::Receiver<Arc<[Node]>> {
    fn exec<'a>(&'a self, node: &'a str, command: &'a [&'a str]) -> BoxFuture<'a, Result<String, String>> {
        let found = self.borrow().iter().find(|one| one.name == node).cloned();
        async move {
            let found = found.ok_or_else(|| "there is no such container".to_owned())?;
            found.run(command).await.map(|output| output.text()).map_err(|error| error.to_string())
        }
        .boxed()
    }
}
