//! Failures that a user can do something about are named.

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use tests::Run;

use crate::image::{self, Fault};
use crate::lane::Lane;

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
