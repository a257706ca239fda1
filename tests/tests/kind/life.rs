//! What is left after a sudden end.

use std::process::Stdio;
use std::time::Duration;

use crate::lane::{CLUSTER, Lane, until};

#[tokio::test(flavor = "multi_thread")]
async fn down_removes_what_a_killed_sandbox_has_begun() {
    let Some(lane) = Lane::start().await else { return };
    lane.workloads().await;
    let mut up = lane
        .command(&["up", "--cluster", "kind", "--node-image", &lane.image])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    until("a node", Duration::from_mins(1), async || (!lane.nodes().await.is_empty()).then_some(())).await;
    lane.kill();
    drop(up.kill());
    up.wait().expect("it ends");
    let volumes = lane.volumes().await;
    assert!(!lane.things(&volumes).await.is_empty(), "nothing was begun: the test shows nothing");
    lane.ok(&["down"]);
    assert_eq!(lane.things(&volumes).await, Vec::<String>::new());
    let kubeconfig = std::fs::read_to_string(lane.kubeconfig()).unwrap_or_default();
    assert!(!kubeconfig.contains(CLUSTER), "{kubeconfig}");
}
