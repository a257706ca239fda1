//! Images that are made here, because no registry is reached: the stand-in node, and names for workloads.
//!
//! The stand-in image is laid out as `kindest/node` is: entry point, init, programs, `/kind`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bollard::query_parameters::{
    BuildImageOptionsBuilder, ListImagesOptionsBuilder, PruneImagesOptionsBuilder, RemoveImageOptionsBuilder,
};
use bollard::{Docker, body_full};
use futures_util::TryStreamExt as _;
use tar::{Builder, EntryType, Header};

/// What the image says it is.
pub const VERSION: &str = "v1.34.0";
/// Its usual name.
const NODE: &str = "apimlab/stand-in-node:v1.34.0";

const DOCKERFILE: &str = r#"FROM scratch
ADD root.tar /
LABEL dev.apimlab.stand-in=node
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
"#;
const FOLDERS: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "etc/kubernetes",
    "kind",
    "kind/manifests",
    "lib64",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/local",
    "usr/local/bin",
    "usr/sbin",
    "var",
    "var/lib",
    "var/lib/containerd",
    "var/log",
];
/// The programs that the binary is, by the places where a node image has them.
const PROGRAMS: &[&str] = &[
    "sbin/init",
    "usr/bin/journalctl",
    "usr/bin/kubeadm",
    "usr/bin/kubectl",
    "usr/local/bin/containerd",
    "usr/local/bin/crictl",
    "usr/local/bin/ctr",
    "usr/local/bin/entrypoint",
    "usr/local/bin/supervise",
];
const MANIFESTS: [(&str, &str); 2] = [
    ("kind/manifests/default-cni.yaml", include_str!("../../node/manifests/default-cni.yaml")),
    ("kind/manifests/default-storage.yaml", include_str!("../../node/manifests/default-storage.yaml")),
];
/// What stands for kind's own Pods is there from the start.
const IMAGES: &str =
    r#"["kindest/kindnetd:v20250512-df8de77b", "kindest/local-path-provisioner:v20250214-acbabc1a"]"#;

/// What a stand-in node does wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// `kubeadm` fails.
    Kubeadm,
}

/// The node image that the lane uses; a reason if it cannot be had.
#[expect(clippy::disallowed_methods, reason = "the lane may run on a real node image")]
pub async fn node(docker: &Docker) -> Result<String, String> {
    match std::env::var("APIMLAB_KIND_IMAGE") {
        Ok(image) if !image.is_empty() => Ok(image),
        _ => stand_in(docker, Fault::None).await,
    }
}

/// Builds the stand-in image.
pub async fn stand_in(docker: &Docker, fault: Fault) -> Result<String, String> {
    let mut root = Root::new();
    for folder in FOLDERS {
        root.folder(folder);
    }
    let own = binary();
    root.file("usr/local/bin/stand-in-node", &read(&own)?, 0o755);
    for program in PROGRAMS {
        root.link(program, "/usr/local/bin/stand-in-node");
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find_map(|path| fs::read(path).ok());
    let busybox = busybox.ok_or("busybox is not installed: apt-get install busybox-static")?;
    root.file("bin/busybox", &busybox, 0o755);
    for applet in output("busybox", &["--list"])?.lines().filter(|one| !matches!(*one, "busybox" | "init")) {
        root.link(&format!("bin/{applet}"), "busybox");
    }
    for library in
        output("ldd", &[&own.to_string_lossy()])?.split_whitespace().filter(|word| word.starts_with('/'))
    {
        root.file(library.trim_start_matches('/'), &read(Path::new(library))?, 0o755);
    }
    for (path, content) in MANIFESTS {
        root.file(path, content.as_bytes(), 0o644);
    }
    for (path, content) in [
        ("etc/group", "root:x:0:\n"),
        ("etc/nsswitch.conf", "hosts: files dns\n"),
        ("etc/os-release", "PRETTY_NAME=\"stand-in node\"\n"),
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        ("kind/images.json", IMAGES),
        ("kind/version", VERSION),
    ] {
        root.file(path, content.as_bytes(), 0o644);
    }
    let name = match fault {
        Fault::None => NODE.to_owned(),
        Fault::Kubeadm => {
            root.file("kind/stand-in-fault", b"kubeadm", 0o644);
            "apimlab/stand-in-node-without-kubelet:v1.34.0".to_owned()
        }
    };
    build(docker, &name, DOCKERFILE, root.0).await?;
    Ok(name)
}

/// An image that is nothing but its name: what runs for it in a stand-in node is built in there.
pub async fn workload(docker: &Docker, name: &str) -> Result<(), String> {
    let mut root = Root::new();
    root.file("stands-for", name.as_bytes(), 0o644);
    build(
        docker,
        name,
        "FROM scratch\nADD root.tar /\nLABEL dev.apimlab.stand-in=workload\nCMD [\"/stands-for\"]\n",
        root.0,
    )
    .await
}

/// Removes the names for workloads, which real images may want, and what earlier builds have left.
pub async fn remove(docker: &Docker) {
    let filters = HashMap::from([("label", vec!["dev.apimlab.stand-in=workload"])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    for image in docker.list_images(Some(options)).await.unwrap_or_default() {
        let options = RemoveImageOptionsBuilder::default().force(true).build();
        drop(docker.remove_image(&image.id, Some(options), None).await);
    }
    let filters = HashMap::from([("dangling", vec!["true"]), ("label", vec!["dev.apimlab.stand-in"])]);
    let options = PruneImagesOptionsBuilder::default().filters(&filters).build();
    drop(docker.prune_images(Some(options)).await);
}

async fn build(docker: &Docker, name: &str, dockerfile: &str, root: Builder<Vec<u8>>) -> Result<(), String> {
    let mut context = Root::new();
    let root = root.into_inner().map_err(|error| error.to_string())?;
    context.file("root.tar", &root, 0o644);
    context.file("Dockerfile", dockerfile.as_bytes(), 0o644);
    let context = context.0.into_inner().map_err(|error| error.to_string())?;
    let options = BuildImageOptionsBuilder::default().t(name).dockerfile("Dockerfile").rm(true).build();
    let built = docker.build_image(options, None, Some(body_full(context.into())));
    built.try_for_each(async |_| Ok(())).await.map_err(|error| format!("{name} cannot be built: {error}"))
}

/// A file system in an archive.
struct Root(Builder<Vec<u8>>);

impl Root {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn folder(&mut self, path: &str) {
        self.entry(path, (EntryType::Directory, if path == "tmp" { 0o1777 } else { 0o755 }), &[]);
    }

    fn file(&mut self, path: &str, content: &[u8], mode: u32) {
        self.entry(path, (EntryType::Regular, mode), content);
    }

    fn link(&mut self, path: &str, target: &str) {
        let mut header = header(EntryType::Symlink, 0o777);
        self.0.append_link(&mut header, path, target).expect("an entry in memory");
    }

    fn entry(&mut self, path: &str, (kind, mode): (EntryType, u32), content: &[u8]) {
        let mut header = header(kind, mode);
        header.set_size(content.len() as u64);
        self.0.append_data(&mut header, path, content).expect("an entry in memory");
    }
}

fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(0);
    header
}

fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let ran =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path)
        .map_err(|error| format!("{}: {error}: run `cargo build --workspace` first", path.display()))
}

/// The binary that `cargo build` put beside the folder of this test's own binary.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("the path of the test binary");
    own.parent().and_then(Path::parent).expect("target/<profile>").join("stand-in-node")
}
