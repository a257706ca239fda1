//! The control plane as a whole: what it holds, and who answers which path.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use arm::ErrorResponse;
use bytes::Bytes;
use http::{Method, Request, Response};
use sim::Pace;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::activity::Activity;
use crate::engine::{self, Answer, Call, Model, Operation, Status, Store, Transaction, World};
use crate::entra::{Entra, IdentityToken};
use crate::faults::Faults;
use crate::graph::Directory;
use crate::projections::Projector;
use crate::{Config, Error, handle, metadata, providers};

/// How many ended operations are remembered.
const REMEMBERED: usize = 1_000;

/// The control plane of one sandbox.
pub struct Emulator {
    /// Its surroundings.
    pub(crate) config: Config,
    /// The resources.
    pub(crate) store: RwLock<Store>,
    /// Applications and service principals.
    pub(crate) directory: Arc<Directory>,
    /// How fast long-running operations progress.
    pace: Mutex<Pace>,
    /// What requests suffer.
    pub(crate) faults: Faults,
    /// What was changed.
    pub(crate) activity: Activity,
    /// Who issues tokens.
    pub(crate) entra: Arc<Entra>,
    projector: Projector,
    wake: Arc<Notify>,
}

impl Emulator {
    /// Loads everything from the database and brings the models up to date. Must be called on a tokio runtime:
    /// long-running operations progress in a task of their own.
    pub fn open(config: Config) -> Result<Arc<Self>, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let Config { database, clock, ids, seed, origin, pace, .. } = &config;
        let pace = *pace;
        let directory = Directory::open(database.clone(), clock.clone(), ids.clone(), seed)?;
        let entra = Entra::open(
            database.clone(),
            clock.clone(),
            ids.clone(),
            directory.clone(),
            origin.clone(),
            seed,
        )?;
        let store = RwLock::new(Store::open(database, config.fabric.clone())?);
        let emulator = Arc::new(Self {
            config,
            store,
            directory,
            entra,
            pace: Mutex::new(pace),
            faults: Faults::default(),
            activity: Activity::default(),
            projector: Projector::default(),
            wake: Arc::default(),
        });
        emulator.seed();
        drop(emulator.end_due());
        emulator.project();
        providers::network::restore_addresses(&emulator.config, &Store::read(&emulator.store));
        runtime.spawn(tick(Arc::downgrade(&emulator), emulator.wake.clone()));
        Ok(emulator)
    }

    /// Answers a request, whatever its path.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut call = Call::new(&request, &self.config, self.pace());
        let first = call.segments().first().map(|segment| segment.to_ascii_lowercase()).unwrap_or_default();
        match first.as_str() {
            "subscriptions" | "providers" | "tenants" => {
                let answer = handle::handle(self, &mut call).await;
                answer.unwrap_or_else(Answer::from).respond(&call)
            }
            "metadata" => self.metadata(&call).respond(&call),
            "v1.0" | "beta" => self.graph(&request, &call).await,
            _ => match self.entra.handle(&request).await {
                Some(response) => response,
                None => Answer::from(not_found(&call)).respond(&call),
            },
        }
    }

    /// What requests are to suffer.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How fast long-running operations progress.
    pub fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on operations that begin progress so fast.
    pub fn set_pace(&self, pace: Pace) {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    /// The operations that run: what each does to which resource, and how long it still takes.
    pub fn running(&self) -> Vec<(String, String, Duration)> {
        let now = self.config.clock.now();
        let store = Store::read(&self.store);
        let running = store.operations().filter(|operation| operation.status == Status::InProgress);
        running
            .map(|operation| {
                (format!("{:?}", operation.kind), operation.resource.clone(), operation.remaining(now))
            })
            .collect()
    }

    /// Lets time pass for the operations that run: so much, or until they have ended. Says how many ended.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn forward(&self, by: Option<Duration>) -> Result<usize, crate::DatabaseError> {
        let before = self.running().len();
        let written = {
            let mut tx = Store::begin(&self.store);
            let now = self.config.clock.now().unix_millis();
            let running = tx.operations().filter(|operation| operation.status == Status::InProgress);
            let by = by.map(|by| i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
            let nearer: Vec<Operation> = running
                .map(|operation| {
                    let due = by.map_or(now, |by| operation.due.saturating_sub(by));
                    Operation { due, ..operation.clone() }
                })
                .collect();
            for operation in nearer {
                tx.put_operation(operation);
            }
            tx.finish(&self.config.database)
        };
        written.await?;
        if let Some(written) = self.end_due() {
            written.await?;
        }
        self.project();
        self.wake.notify_one();
        Ok(before.saturating_sub(self.running().len()))
    }

    /// A token for the identity of a resource: its own, or a user-assigned one.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn identity_token(
        &self,
        resource: &str,
        client_id: Option<&str>,
        audience: &str,
    ) -> Result<IdentityToken, String> {
        let found = self.store.read().unwrap_or_else(PoisonError::into_inner).find(resource);
        let found = found.ok_or("there is no such resource")?;
        self.entra.identity_token((resource, &found.body), client_id, audience).await
    }

    /// Changes the store: all of it or, if `change` fails, nothing. What is acknowledged is on the disk.
    pub(crate) async fn write<F>(&self, call: &Call, change: F) -> Result<Answer, ErrorResponse>
    where
        F: FnOnce(World<'_>, &mut Transaction<'_>) -> Result<Answer, ErrorResponse>,
    {
        let (answer, written) = {
            let mut tx = Store::begin(&self.store);
            let world = World { config: &self.config, directory: &self.directory, call };
            let answer = guard(|| change(world, &mut tx))?;
            (answer, tx.finish(&self.config.database))
        };
        self.wake.notify_one();
        written.await.map_err(|error| ErrorResponse::internal(error.to_string()))?;
        Ok(answer)
    }

    /// Ends the operations whose time has come.
    pub(crate) async fn complete_due(&self) -> Result<(), ErrorResponse> {
        let Some(written) = self.end_due() else { return Ok(()) };
        written.await.map_err(|error| ErrorResponse::internal(error.to_string()))
    }

    /// Brings the models up to date with the store; does nothing if they are.
    pub(crate) fn project(&self) {
        self.projector.project(&self.config, &self.store, &self.directory);
    }

    fn end_due(&self) -> Option<impl Future<Output = Result<(), crate::DatabaseError>> + Send + use<>> {
        let now = self.config.clock.now();
        let due: Vec<Operation> = {
            let store = Store::read(&self.store);
            store.operations().filter(|operation| operation.is_due(now)).cloned().collect()
        };
        if due.is_empty() {
            return None;
        }
        let mut tx = Store::begin(&self.store);
        // Another request may have ended some of them meanwhile.
        for operation in &due {
            if tx.operation(&operation.id).is_some_and(|stored| stored.status == Status::InProgress) {
                engine::complete(&self.config, &mut tx, operation);
                self.activity.ended(operation, now);
            }
        }
        forget_old(&mut tx);
        Some(tx.finish(&self.config.database))
    }

    fn next_due(&self) -> Option<Duration> {
        let now = self.config.clock.now();
        let store = Store::read(&self.store);
        let running = store.operations().filter(|operation| operation.status == Status::InProgress);
        running.map(|operation| operation.remaining(now)).min()
    }

    fn seed(&self) {
        let mut tx = Store::begin(&self.store);
        providers::seed(&self.config, &self.directory, &mut tx);
        // Written before anything that is acknowledged, as everything is written in order.
        drop(tx.finish(&self.config.database));
    }

    fn metadata(&self, call: &Call) -> Answer {
        if call.path.trim_end_matches('/').eq_ignore_ascii_case("/metadata/endpoints") {
            let version = call.query("api-version").unwrap_or_default();
            Answer::json(200, metadata::endpoints(&self.config.origin, version))
        } else {
            not_found(call).into()
        }
    }

    async fn graph(&self, request: &Request<Bytes>, call: &Call) -> Response<Bytes> {
        match self.entra.authenticate(request.headers()) {
            Err(mut error) => {
                "InvalidAuthenticationToken".clone_into(&mut error.error.code);
                Answer::from(error).respond(call)
            }
            Ok(caller) => {
                let response = self.directory.handle(request, &caller).await;
                if !matches!(*request.method(), Method::GET | Method::HEAD) {
                    // Clusters act as service principals, so they may now be allowed something else.
                    Store::begin(&self.store).touch(Model::Clusters);
                    self.project();
                }
                response
            }
        }
    }
}

/// Ends operations when their time comes, also when nobody asks.
async fn tick(emulator: Weak<Emulator>, wake: Arc<Notify>) {
    loop {
        let (clock, due) = {
            let Some(emulator) = emulator.upgrade() else { return };
            (emulator.config.clock.clone(), emulator.next_due())
        };
        match due {
            None => wake.notified().await,
            Some(due) => tokio::select! {
                () = wake.notified() => continue,
                () = clock.sleep(due) => {}
            },
        }
        let Some(emulator) = emulator.upgrade() else { return };
        if let Err(error) = emulator.complete_due().await {
            tracing::error!(%error, "the end of an operation could not be stored");
        }
        emulator.project();
    }
}

fn forget_old(tx: &mut Transaction<'_>) {
    let mut ended: Vec<(i64, String)> = tx
        .operations()
        .filter(|operation| operation.status != Status::InProgress)
        .map(|operation| (operation.due, operation.id.clone()))
        .collect();
    ended.sort_unstable();
    let surplus = ended.len().saturating_sub(REMEMBERED);
    for (_, id) in ended.into_iter().take(surplus) {
        tx.remove_operation(&id);
    }
}

/// A panic while a request is handled is our bug, and costs no more than this request.
pub(crate) fn guard<T>(work: impl FnOnce() -> Result<T, ErrorResponse>) -> Result<T, ErrorResponse> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("a request made the control plane panic");
        Err(ErrorResponse::internal("Encountered an internal error. This is a bug of the sandbox."))
    })
}

fn not_found(call: &Call) -> ErrorResponse {
    ErrorResponse::new(404, "NotFound", format!("There is nothing at '{}'.", call.path))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}
