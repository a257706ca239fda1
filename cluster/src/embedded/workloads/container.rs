//! The life of a container: resolved, started, watched, ended, started again.
//! <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states>
//!
//! As in Kubernetes, the first restart is immediate and later ones wait 10 s, 20 s, … up to 300 s; ten minutes of
//! running well start over.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sim::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::builtin::{Builtin, Run};
use super::command;
use super::image::{Image, Program, unresolved};
use super::log::Log;
use super::probe;
use super::server::{Phase, reached, serve};
use super::spec::{ContainerSpec, PodSpec, RestartPolicy};
use super::status::{ContainerState, ContainerStatus, Listening, Terminated};
use super::world::{Level, World};

const FIRST_BACKOFF: Duration = Duration::from_secs(10);
const LAST_BACKOFF: Duration = Duration::from_mins(5);
const RUNS_WELL: Duration = Duration::from_mins(10);
const KILLED: i32 = 137;

/// A container of a running Pod.
pub struct Container {
    /// Its Pod.
    pub pod: Arc<PodSpec>,
    /// What it is told to run.
    pub spec: Arc<ContainerSpec>,
    /// What it lives in.
    pub world: Arc<World>,
    restart: RestartPolicy,
    phase: watch::Receiver<Phase>,
    status: Mutex<ContainerStatus>,
    logs: Mutex<Logs>,
}

/// What a program gets from its container.
#[derive(Clone)]
pub struct Instance {
    /// The Pod.
    pub pod: Arc<PodSpec>,
    /// The container.
    pub spec: Arc<ContainerSpec>,
    /// The container's image.
    pub image: Image,
    /// Where it writes.
    pub log: Log,
    /// What it lives in.
    pub world: Arc<World>,
}

struct Logs {
    current: Log,
    previous: Option<Log>,
}

/// How a program ended.
struct Exit {
    code: i32,
}

/// Why a program did not start.
enum NotStarted {
    /// Nothing stands for the image.
    Image,
    /// It cannot run as it is described: a reason and a message.
    Refused(&'static str, String),
}

impl Container {
    /// A container that has not started yet.
    pub fn new(
        pod: &Arc<PodSpec>,
        spec: &ContainerSpec,
        restart: RestartPolicy,
        (world, phase): (&Arc<World>, watch::Receiver<Phase>),
    ) -> Arc<Self> {
        let status = ContainerStatus {
            name: spec.name.clone(),
            image: spec.image.clone(),
            state: spec.first_state(),
            last: spec.history.last.clone(),
            restarts: spec.history.restarts,
            ready: false,
            started: false,
            listens: Vec::new(),
        };
        Arc::new(Self {
            pod: pod.clone(),
            spec: Arc::new(spec.clone()),
            world: world.clone(),
            restart,
            phase,
            status: Mutex::new(status),
            logs: Mutex::new(Logs { current: Log::new(world.clock.clone()), previous: None }),
        })
    }

    /// What became of it.
    pub fn status(&self) -> ContainerStatus {
        self.lock().clone()
    }

    /// Its log, or that of its run before this one.
    pub fn log(&self, previous: bool) -> Option<Log> {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if previous { logs.previous.clone() } else { Some(logs.current.clone()) }
    }

    /// Lets Services send connections, or not.
    pub fn set_ready(&self, ready: bool) {
        // A probe that says the same again wakes nobody.
        if self.lock().ready != ready {
            self.change(|status| status.ready = ready);
        }
    }

    /// Writes a warning event.
    pub fn warn(&self, reason: &'static str, message: String) {
        self.world.event(&self.pod, Level::Warning, reason, message);
    }

    /// Runs it as often as its restart policy says. Returns when it has ended for good or its Pod stops; `true` if
    /// it ended well.
    pub async fn live(&self) -> bool {
        if let Some(ended) = &self.spec.history.finished {
            return ended.code == 0;
        }
        let mut backoff = None;
        while *self.phase.borrow() == Phase::Run {
            let began = self.world.clock.elapsed();
            match self.run_once().await {
                Ok(exit) if !self.restarts(exit.code) => return exit.code == 0,
                Ok(_) => {
                    if self.world.clock.elapsed().saturating_sub(began) >= RUNS_WELL {
                        backoff = None;
                    }
                    self.back_off(&mut backoff).await;
                    self.count_restart();
                }
                Err(NotStarted::Image) => self.wait_for_image().await,
                Err(NotStarted::Refused(reason, message)) => self.refuse(reason, message).await,
            }
        }
        false
    }

    fn restarts(&self, code: i32) -> bool {
        *self.phase.borrow() == Phase::Run && self.restart.restarts(code)
    }

    /// One run, from the image to the exit code.
    async fn run_once(&self) -> Result<Exit, NotStarted> {
        let images = self.world.images.borrow().clone();
        let program = images.resolve(&self.spec.image).ok_or(NotStarted::Image)?;
        let image = &self.spec.image;
        self.event("Pulled", format!("Container image \"{image}\" already present on machine"));
        let instance = self.instance();
        match program {
            Program::Command(command) => self.run_command(&command, &instance).await,
            Program::Builtin(builtin) => self.run_builtin(builtin, instance).await,
        }
    }

    async fn run_command(&self, command: &[String], instance: &Instance) -> Result<Exit, NotStarted> {
        if !self.spec.command.is_empty() {
            instance.log.write("the local command replaces the image: the container's `command` is not used");
        }
        let process = command::start(command, instance)
            .await
            .map_err(|error| NotStarted::Refused("RunContainerError", error))?;
        let socket = process.socket;
        let ports = self.spec.ports.iter().map(|port| Listening { port: Some(*port), socket });
        let any = self.spec.ports.is_empty().then_some(Listening { port: None, socket });
        let started = self.started(ports.chain(any).collect());
        let listens = async {
            if self.spec.readiness.is_none() {
                probe::listens(socket, &self.world.clock).await;
                self.set_ready(true);
            }
        };
        let code = self.watched(process.run(self.phase.clone()), listens).await;
        Ok(self.ended(started, code, String::new()))
    }

    async fn run_builtin(&self, builtin: &'static Builtin, instance: Instance) -> Result<Exit, NotStarted> {
        if let Some(program) =
            self.spec.command.first().filter(|program| !builtin.commands.contains(&program.as_str()))
        {
            return Err(NotStarted::Refused("RunContainerError", foreign_command(builtin, program)));
        }
        match &builtin.run {
            Run::Job(run) => {
                let started = self.started(Vec::new());
                self.set_ready(self.spec.readiness.is_none());
                let job = run(instance);
                let end = self.interruptible(job).await;
                Ok(self.ended(started, end.code, end.message))
            }
            Run::Serve { port, handler } => {
                let port = port(&instance);
                let handler =
                    handler(instance).map_err(|error| NotStarted::Refused("RunContainerError", error))?;
                let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let (socket, listener) = bound
                    .and_then(|listener| Ok((listener.local_addr()?, listener)))
                    .map_err(|error| NotStarted::Refused("RunContainerError", error.to_string()))?;
                let started = self.started(vec![Listening { port: Some(port), socket }]);
                self.set_ready(self.spec.readiness.is_none() && self.spec.startup.is_none());
                let serving = serve(listener, handler, self.phase.clone(), self.world.clock.clone());
                let ready = async { self.set_ready(self.spec.readiness.is_none()) };
                let program = async {
                    serving.await;
                    0
                };
                let code = self.watched(program, ready).await;
                Ok(self.ended(started, code, String::new()))
            }
        }
    }

    /// Runs a program next to its probes. `ready` runs once the start-up probe has succeeded.
    async fn watched(&self, program: impl Future<Output = i32>, ready: impl Future<Output = ()>) -> i32 {
        let probes = async {
            if let Some(startup) = &self.spec.startup
                && !probe::startup(self, startup).await
            {
                return "startup";
            }
            self.change(|status| status.started = true);
            let readiness = async {
                ready.await;
                if let Some(readiness) = &self.spec.readiness {
                    probe::readiness(self, readiness).await;
                }
                std::future::pending::<()>().await;
            };
            match &self.spec.liveness {
                None => readiness.await,
                Some(liveness) => tokio::select! {
                    () = readiness => {}
                    () = probe::liveness(self, liveness) => {}
                },
            }
            "liveness"
        };
        tokio::select! {
            biased;
            code = program => code,
            failed = probes => {
                let name = &self.spec.name;
                self.event("Killing", format!("Container {name} failed {failed} probe, will be restarted"));
                KILLED
            }
        }
    }

    /// A job ends when its Pod stops, without being asked first.
    async fn interruptible(
        &self,
        job: impl Future<Output = super::builtin::JobEnd>,
    ) -> super::builtin::JobEnd {
        let mut phase = self.phase.clone();
        tokio::select! {
            end = job => end,
            () = reached(&mut phase, Phase::Quit) => {
                super::builtin::JobEnd { code: 143, message: "the Pod was stopped".to_owned() }
            }
        }
    }

    fn started(&self, listens: Vec<Listening>) -> Timestamp {
        let name = &self.spec.name;
        self.event("Created", format!("Created container: {name}"));
        self.event("Started", format!("Started container {name}"));
        let now = self.world.clock.now();
        self.change(|status| {
            status.state = ContainerState::Running { since: now };
            status.started = self.spec.startup.is_none();
            status.listens = listens;
        });
        now
    }

    fn ended(&self, started: Timestamp, code: i32, message: String) -> Exit {
        let reason = if code == 0 { "Completed" } else { "Error" }.to_owned();
        let finished = self.world.clock.now();
        if let Some(log) = self.log(false) {
            log.complete();
        }
        self.change(|status| {
            status.state =
                ContainerState::Terminated(Terminated { code, reason, message, started, finished });
            (status.ready, status.started) = (false, false);
            status.listens.clear();
        });
        Exit { code }
    }

    async fn back_off(&self, backoff: &mut Option<Duration>) {
        let Some(delay) =
            backoff.replace(backoff.map_or(FIRST_BACKOFF, |delay| (delay * 2).min(LAST_BACKOFF)))
        else {
            return;
        };
        let (name, pod) = (&self.spec.name, &self.pod);
        let place = format!("container {name} in pod {}_{}({})", pod.name, pod.namespace, pod.uid);
        self.warn("BackOff", format!("Back-off restarting failed {place}"));
        let message = format!("back-off {}s restarting failed {place}", delay.as_secs());
        self.wait("CrashLoopBackOff", message);
        self.pause(self.world.clock.sleep(delay)).await;
    }

    async fn wait_for_image(&self) {
        let (image, mut images) = (&self.spec.image, self.world.images.subscribe());
        images.mark_unchanged();
        let message = unresolved(image);
        self.warn("Failed", message.clone());
        self.warn("Failed", "Error: ErrImagePull".to_owned());
        self.wait("ErrImagePull", message.clone());
        let mut changed = false;
        let first = async {
            tokio::select! {
                () = self.world.clock.sleep(FIRST_BACKOFF) => {}
                _ = images.changed() => changed = true,
            }
        };
        self.pause(first).await;
        if changed || *self.phase.borrow() != Phase::Run {
            return;
        }
        self.event("BackOff", format!("Back-off pulling image \"{image}\""));
        self.wait("ImagePullBackOff", format!("Back-off pulling image \"{image}\": ErrImagePull: {message}"));
        self.pause(async { drop(images.changed().await) }).await;
    }

    async fn refuse(&self, reason: &'static str, message: String) {
        self.warn("Failed", format!("Error: {message}"));
        if let Some(log) = self.log(false) {
            log.write(&message);
        }
        self.wait(reason, message);
        let mut images = self.world.images.subscribe();
        images.mark_unchanged();
        self.pause(async { drop(images.changed().await) }).await;
    }

    /// Waits, but not longer than the Pod runs.
    async fn pause(&self, wait: impl Future<Output = ()>) {
        let mut phase = self.phase.clone();
        tokio::select! {
            () = wait => {}
            () = reached(&mut phase, Phase::Drain) => {}
        }
    }

    fn wait(&self, reason: &str, message: String) {
        self.change(|status| {
            if let ContainerState::Terminated(ended) = &status.state {
                status.last = Some(ended.clone());
            }
            status.state = ContainerState::waiting(reason, message);
        });
    }

    fn count_restart(&self) {
        if *self.phase.borrow() != Phase::Run {
            return;
        }
        let fresh = Log::new(self.world.clock.clone());
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.previous = Some(std::mem::replace(&mut logs.current, fresh));
        drop(logs);
        self.change(|status| {
            if let ContainerState::Terminated(ended) = &status.state {
                status.last = Some(ended.clone());
            }
            status.restarts = status.restarts.saturating_add(1);
        });
    }

    fn instance(&self) -> Instance {
        Instance {
            pod: self.pod.clone(),
            spec: self.spec.clone(),
            image: Image::parse(&self.spec.image),
            log: self.log(false).unwrap_or_else(|| Log::new(self.world.clock.clone())),
            world: self.world.clone(),
        }
    }

    fn event(&self, reason: &'static str, message: String) {
        self.world.event(&self.pod, Level::Normal, reason, message);
    }

    fn change(&self, change: impl FnOnce(&mut ContainerStatus)) {
        change(&mut self.lock());
        self.world.touch();
    }

    fn lock(&self) -> MutexGuard<'_, ContainerStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn foreign_command(builtin: &Builtin, program: &str) -> String {
    format!(
        "the built-in workload `{}` cannot run the command `{program}`: remove the container's `command`, or map the \
         image to a local command under `workloads:` in the scenario",
        builtin.name
    )
}
