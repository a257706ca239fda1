//! The tokens of services' managed identities: the gateway asks, the control plane's tenant issues.

use std::sync::{Arc, OnceLock, Weak};

use emulator::Emulator;
use gateway::{AccessToken, TokenFuture, TokenSource, Wanted};

/// The way from the gateway, which is made first, to the control plane.
#[derive(Default)]
pub(crate) struct Identities(OnceLock<Weak<Emulator>>);

impl Identities {
    /// Whom to ask from now on.
    pub(crate) fn come_from(&self, emulator: &Arc<Emulator>) {
        self.0.get_or_init(|| Arc::downgrade(emulator));
    }
}

impl TokenSource for Identities {
    fn token<'a>(&'a self, wanted: &'a Wanted) -> TokenFuture<'a> {
        let emulator = self.0.get().and_then(Weak::upgrade);
        Box::pin(async move {
            let emulator = emulator.ok_or("the control plane has ended")?;
            let Wanted { service, client_id, resource } = wanted;
            let token = emulator.identity_token(service, client_id.as_deref(), resource).await?;
            Ok(AccessToken { text: token.text, expires: token.expires })
        })
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identities")
    }
}
