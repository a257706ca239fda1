//! Where the machine does not reach the Docker network, a container on it passes the gateway's connections on.

use crate::lane::Lane;
use crate::scenario::client;

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_reaches_the_load_balancer_through_a_container() {
    let Some(lane) = Lane::start().await else { return };
    lane.workloads().await;
    lane.ok(&["up", "--cluster", "kind", "--gateway", "container", "--node-image", &lane.image]);
    let containers = lane.things(&[]).await;
    assert!(containers.iter().any(|thing| thing.ends_with("-gateway")), "{containers:?}");
    let url = format!("{}/nginx/", lane.gateway());
    for _ in 0..20 {
        assert_eq!(client().get(&url).send().await.expect("an answer").status(), 200);
    }
    let volumes = lane.volumes().await;
    lane.ok(&["down", "--purge"]);
    assert_eq!(lane.things(&volumes).await, Vec::<String>::new());
}
