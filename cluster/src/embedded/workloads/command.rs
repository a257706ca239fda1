//! A local command in a Pod's place: a child process that listens on the port in its `PORT` variable.
//!
//! **Differs from Kubernetes:** the command runs as the user, on the user's file system. The container's `command`
//! is part of the image that the local command replaces and is not used; its `args` are appended.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

use super::container::Instance;
use super::log::Log;
use super::server::{Phase, reached};
use super::supervisor::{exit_code, group_of, send};

/// A running command; dropping it kills the command.
pub struct Process {
    child: Child,
    stop: Stop,
    output: [tokio::task::JoinHandle<()>; 2],
    /// Where it is to listen.
    pub socket: SocketAddr,
}

/// How a command is stopped.
enum Stop {
    /// Through its supervisor: the command dies when this end of the supervisor's input closes.
    Supervised(Option<ChildStdin>, Option<Pid>),
    /// Directly: it leads a process group.
    Group(Option<Pid>),
}

/// Starts a command; the error is for the container's state.
pub async fn start(command: &[String], instance: &Instance) -> Result<Process, String> {
    let socket = free_socket().await.map_err(|error| format!("no loopback port could be had: {error}"))?;
    let mut line = instance.world.supervisor.iter().chain(command).chain(&instance.spec.args);
    let program = line.next().ok_or("the `workloads:` entry has an empty command")?;
    let named = command.first().map_or("", String::as_str);
    let supervised = !instance.world.supervisor.is_empty();
    let mut child = Command::new(program)
        .args(line)
        .envs(instance.spec.env.iter().map(|(name, value)| (name, value)))
        .env("PORT", socket.port().to_string())
        .env("POD_NAME", &instance.pod.name)
        .env("POD_NAMESPACE", &instance.pod.namespace)
        .env("POD_IP", instance.pod.address.to_string())
        .process_group(0)
        .stdin(if supervised { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the local command `{named}` could not be started: {error}"))?;
    let output = [copy(child.stdout.take(), &instance.log), copy(child.stderr.take(), &instance.log)];
    let pid = group_of(&child);
    let stop = if supervised { Stop::Supervised(child.stdin.take(), pid) } else { Stop::Group(pid) };
    Ok(Process { child, stop, output, socket })
}

impl Process {
    /// Runs until it ends by itself or the Pod stops; gives its exit code.
    pub async fn run(mut self, mut phase: watch::Receiver<Phase>) -> i32 {
        let mut told = false;
        let status = loop {
            let next = if told { Phase::Kill } else { Phase::Quit };
            tokio::select! {
                status = self.child.wait() => break status,
                () = reached(&mut phase, next) => {
                    if told || *phase.borrow() == Phase::Kill {
                        self.stop.kill();
                        break self.child.wait().await;
                    }
                    told = true;
                    self.stop.terminate();
                }
            }
        };
        for output in &mut self.output {
            // The pipes end with the process; only a process that has left its group could hold them.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(200), output).await;
        }
        status.map_or(255, |status| i32::from(exit_code(status)))
    }
}

impl Stop {
    fn terminate(&self) {
        match self {
            Self::Supervised(_, Some(supervisor)) => drop(kill_process(*supervisor, Signal::TERM)),
            Self::Supervised(_, None) => {}
            Self::Group(group) => send(*group, Signal::TERM),
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Supervised(input, _) => drop(input.take()),
            Self::Group(group) => send(*group, Signal::KILL),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The id of a process that was waited for may belong to somebody else by now.
        if self.child.id().is_some() {
            self.stop.kill();
        }
        self.output.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// A port that is free now; the command binds it in a moment.
async fn free_socket() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()
}

fn copy(from: Option<impl AsyncRead + Unpin + Send + 'static>, log: &Log) -> tokio::task::JoinHandle<()> {
    let mut lines = log.line_writer();
    tokio::spawn(async move {
        let Some(mut from) = from else { return };
        let mut buffer = [0; 8 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            lines.write(buffer.get(..read).unwrap_or_default());
        }
    })
}
