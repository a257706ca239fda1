//! Which name a cluster gets on the engine: its own, or, where somebody else has that, one that is like it.
//!
//! Names are an engine's, and the managed cluster's is only its resource group's: the same name may be in two groups, or
//! in two sandboxes on one machine.

use super::remove::label;
use super::{Found, Life, find};
use crate::kind::decide::foreign;
use crate::kind::{Error, name};

impl Life {
    /// Finds the name of what is there already, or takes a free one.
    pub(super) async fn settle_name(&mut self) -> Result<(), Error> {
        let shared = std::sync::Arc::clone(&self.shared);
        let mut names = shared.names.lock().await;
        if names.get(&self.name) == Some(&self.id) {
            return Ok(());
        }
        let present = find(&shared.engine, &label(&shared)).await?;
        let present = present.into_iter().find(|one| self.is_ours(one)).map(|one| one.cluster);
        let name = match present {
            Some(present) => present,
            None if names.contains_key(&self.name) => self.apart("another cluster of this sandbox"),
            None => match self.owner().await? {
                Some(owner) => self.apart(&format!("a cluster {owner}")),
                None => self.name.clone(),
            },
        };
        names.insert(name.clone(), self.id.clone());
        self.name.clone_from(&name);
        shared.reports.change(&self.id, |report, _| report.name = name);
        Ok(())
    }

    /// Others may have the name from now on.
    pub(super) async fn give_name_back(&self) {
        self.shared.names.lock().await.retain(|_, owner| *owner != self.id);
    }

    /// Whose the nodes are that have the cluster's name, if they are another cluster's.
    async fn owner(&self) -> Result<Option<String>, Error> {
        let found = find(&self.shared.engine, &format!("{}={}", name::CLUSTER, self.name)).await?;
        let ours = (self.shared.config.sandbox.as_str(), self.id.as_str());
        Ok(found.iter().find_map(|one: &Found| foreign(ours, one)))
    }

    fn apart(&self, owner: &str) -> String {
        let name = name::apart(&self.name, &self.shared.config.sandbox, &self.id);
        let told = format!(
            "the name {} is taken in this engine by {owner}: this one is called {name} there",
            self.name
        );
        self.shared.reports.remember(&self.id, told);
        name
    }
}
