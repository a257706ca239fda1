//! What kubeadm is told, and what becomes of the image's manifests.

use serde_json::{Value, json};

use super::configuration::{configuration, needs_cgroup_v1, token};
use super::manifests::pod_network;
use super::*;
use crate::kind::engine::Cgroup;

fn settings(version: &str, cgroup: Cgroup) -> Settings {
    Settings {
        cluster: "c".to_owned(),
        control_plane: "c-control-plane".to_owned(),
        version: Version::read(version).expect("a version"),
        pods: "10.244.0.0/16".parse().expect("a range"),
        services: "10.0.0.0/16".parse().expect("a range"),
        token: "abcdef.0123456789abcdef".to_owned(),
        cgroup,
        rootless: false,
    }
}

fn worker() -> Registration {
    Registration {
        name: "c-worker".to_owned(),
        address: "10.10.1.6".parse().expect("an address"),
        labels: "agentpool=pool1".to_owned(),
    }
}

#[test]
fn one_file_holds_all_five_documents() {
    let file = configuration(&settings("v1.34.0\n", Cgroup::V1), &worker()).expect("a file");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&file).expect("YAML");
    let find = |kind: &str| documents.iter().find(|one| one["kind"] == kind).expect("a document");
    for (kind, version) in [
        ("ClusterConfiguration", "kubeadm.k8s.io/v1beta4"),
        ("InitConfiguration", "kubeadm.k8s.io/v1beta4"),
        ("JoinConfiguration", "kubeadm.k8s.io/v1beta4"),
        ("KubeletConfiguration", "kubelet.config.k8s.io/v1beta1"),
        ("KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1"),
    ] {
        assert_eq!(find(kind)["apiVersion"], version);
    }
    let cluster = find("ClusterConfiguration");
    assert_eq!(cluster["kubernetesVersion"], "v1.34.0");
    assert_eq!(cluster["controlPlaneEndpoint"], "c-control-plane:6443");
    assert_eq!(cluster["networking"]["serviceSubnet"], "10.0.0.0/16");
    let join = find("JoinConfiguration");
    assert_eq!(join["discovery"]["bootstrapToken"]["token"], "abcdef.0123456789abcdef");
    assert_eq!(join["skipPhases"], json!(["preflight"]));
    let arguments = join["nodeRegistration"]["kubeletExtraArgs"].as_array().expect("arguments");
    assert!(arguments.contains(&json!({ "name": "provider-id", "value": "kind://docker/c/c-worker" })));
    assert_eq!(token(&file).as_deref(), Some("abcdef.0123456789abcdef"));
}

#[test]
fn the_kubelet_is_told_about_cgroup_v1_where_it_would_refuse_it() {
    for (version, cgroup, expected) in [
        ("v1.34.0", Cgroup::V1, false),
        ("v1.35.0", Cgroup::V1, true),
        ("v1.35.0", Cgroup::V2, false),
        ("v1.37.0-alpha.1", Cgroup::V1, true),
    ] {
        let settings = settings(version, cgroup);
        assert_eq!(needs_cgroup_v1(&settings), expected, "{version}");
        let file = configuration(&settings, &worker()).expect("a file");
        assert_eq!(file.contains("failCgroupV1: false"), expected, "{version}");
    }
}

#[test]
fn without_root_the_machine_is_left_as_it_is() {
    let rootless = Settings { rootless: true, ..settings("v1.34.0", Cgroup::V2) };
    for (settings, expected) in [(rootless, true), (settings("v1.34.0", Cgroup::V2), false)] {
        let file = configuration(&settings, &worker()).expect("a file");
        assert_eq!(file.contains("KubeletInUserNamespace: true"), expected);
        assert_eq!(file.contains("tcpEstablishedTimeout: 0s"), expected);
    }
}

#[test]
fn versions_that_kubeadm_cannot_be_told_about_are_refused() {
    for (text, part) in
        [("v1.30.4", "1.31 or later"), ("1.34.0", "no Kubernetes version"), ("", "no Kubernetes")]
    {
        let error = Version::read(text).expect_err("refused").to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_pod_network_gets_the_subnet_and_the_control_plane() {
    let settings = settings("v1.34.0", Cgroup::V2);
    let manifest = "# would you kindly template this file\n# would you kindly patch this file\n\
                    apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: kindnet\n---\n\
                    apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: kindnet\nspec:\n  template:\n    spec:\n      \
                    containers:\n      - name: kindnet-cni\n        env:\n        - name: POD_SUBNET\n          \
                    value: {{ .PodSubnet }}\n";
    let filled = pod_network(manifest, &settings).expect("a manifest");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&filled).expect("YAML");
    assert_eq!(documents.len(), 2);
    let env = &documents[1]["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(
        *env,
        json!([
            { "name": "POD_SUBNET", "value": "10.244.0.0/16" },
            { "name": "CONTROL_PLANE_ENDPOINT", "value": "c-control-plane:6443" },
        ])
    );
    let plain = "kind: DaemonSet\nvalue: '{{ x }}'\n";
    assert_eq!(pod_network(plain, &settings).expect("as it is"), plain);
    let unknown = "# would you kindly template this file\nvalue: {{ .Other }}\n";
    assert!(pod_network(unknown, &settings).expect_err("refused").to_string().contains(".Other"));
}

#[test]
fn texts_that_look_like_something_else_stay_texts() {
    let texts = [
        "true",
        "yes",
        "on",
        "off",
        "n",
        "null",
        "~",
        "",
        "123456.0123456789012345",
        "1e3",
        "0x1f",
        "0o17",
        "017",
        "1_000",
        "12:30:45",
        "0%",
        "1s",
        "2026-11-25",
        ".5",
        "+1",
        "-",
        "# no",
        "a: b",
        "a #b",
        " a",
        "*",
        "&a",
        "!t",
        "<<",
        "=",
        ".inf",
        "{{ x }}",
        "line\nbreak",
    ];
    let written = serde_saphyr::to_string(&json!(&texts[..])).expect("YAML");
    assert_eq!(serde_saphyr::from_str::<Value>(&written).expect("YAML"), json!(&texts[..]));
}
