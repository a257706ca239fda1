//! Failures that a user can do something about are named.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::{InspectContainerOptions, StopContainerOptions};
use tests::Run;

use crate::image::{self, Fault};
use crate::lane::{CLUSTER, Lane, until};

fn check(run: &Run, words: &[&str]) {
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_ne!(run.code, 0, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_named() {
    let world = tests::World::new();
    let mut command = world.command(&["up", "--cluster", "kind"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    check(&Run::from(command.output().expect("the binary starts")), &["/nowhere/docker.sock"]);
}

/// Root may do everything: the program then runs as another user.
#[test]
fn a_socket_that_the_user_may_not_use_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let program = folder.path().join("apimlab");
    let (binary, state) =
        (tests::World::new().command(&[]).get_program().to_owned(), folder.path().join("state"));
    fs::copy(&binary, &program).expect("copied");
    fs::create_dir(&state).expect("a folder");
    for (path, mode) in [(folder.path(), 0o755), (&socket, 0o000), (&program, 0o755), (&state, 0o777)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
    }
    let mut command = Command::new(&program);
    command.arg("--state-dir").arg(state.join("state")).args(["--ports", "auto", "up", "--cluster", "kind"]);
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    if rustix::process::getuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    let run = Run::from(command.output().expect("the binary starts"));
    check(&run, &["no permission on the Docker Engine's socket", &socket.to_string_lossy(), "usermod"]);
    assert_eq!(run.code, 69, "something needed is missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_while_the_node_was_stopped_is_named() {
    let Some(lane) = Lane::start().await else { return };
    lane.up().await;
    let node = format!("{CLUSTER}-control-plane");
    let found =
        lane.docker.inspect_container(&node, None::<InspectContainerOptions>).await.expect("the node");
    let bindings =
        found.host_config.and_then(|host| host.port_bindings?.remove("6443/tcp")?).expect("a port");
    let port: u16 = bindings[0].host_port.as_deref().and_then(|port| port.parse().ok()).expect("a number");
    lane.kill();
    lane.docker.stop_container(&node, None::<StopContainerOptions>).await.expect("stopped");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the node's port");
    check(&lane.run(&["up"]), &[&format!("port {port} of this machine is taken"), &node]);
    drop(taken);
    // A failure of two seconds ago is the answer no more: who asks then has it tried again.
    let again = async || (lane.run(&["up"]).code == 0).then_some(());
    until("the node starts", Duration::from_secs(30), again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_image_that_is_nowhere_names_the_way_without_a_registry() {
    let Some(lane) = Lane::start().await else { return };
    lane.workloads().await;
    let image = "registry.invalid/no/node:v1.34.0";
    let run = lane.run(&["up", "--cluster", "kind", "--node-image", image]);
    check(&run, &[image, "bundle load"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_in_the_way_is_named() {
    let Some(lane) = Lane::start().await else { return };
    let name = "in-the-way-of-apimlab";
    let subnet = IpamConfig { subnet: Some("10.10.0.0/20".to_owned()), ..IpamConfig::default() };
    let ipam = Ipam { config: Some(vec![subnet]), ..Ipam::default() };
    let request =
        NetworkCreateRequest { name: name.to_owned(), ipam: Some(ipam), ..NetworkCreateRequest::default() };
    drop(lane.docker.remove_network(name).await);
    lane.docker.create_network(request).await.expect("a network");
    lane.workloads().await;
    let run = lane.run(&["up", "--cluster", "kind", "--node-image", &lane.image]);
    lane.docker.remove_network(name).await.expect("removed");
    check(&run, &[name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_of_kubeadm_are_shown() {
    let Some(lane) = Lane::start().await else { return };
    let image = image::stand_in(&lane.docker, Fault::Kubeadm).await.expect("an image");
    lane.workloads().await;
    let run = lane.run(&["up", "--cluster", "kind", "--node-image", &image]);
    check(&run, &["kubeadm init", "error execution phase wait-control-plane"]);
}
