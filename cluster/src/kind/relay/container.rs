//! The relay's container, and its image: this program's binary with the shared libraries that it is linked to.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use bollard::models::{ContainerCreateBody, HostConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, InspectContainerOptions, InspectNetworkOptions,
    RemoveContainerOptionsBuilder, RemoveImageOptions, StartContainerOptions,
    UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use futures_util::TryStreamExt;

use super::Relay;
use crate::kind::engine::{failed, is_absent};
use crate::kind::images::file_failed;
use crate::kind::{Engine, Error, name};

/// Where the relay listens in its container.
pub const PORT: u16 = 7000;
const BINARY: &str = "apimlab";
const TOKEN: &str = "token";
/// Where shared libraries are looked for, whatever the distribution.
const LIBRARIES: &str = "lib";

/// Starts the relay anew, and says where it is published.
pub(super) async fn start(relay: &Relay) -> Result<SocketAddr, Error> {
    let (engine, container) = (&relay.engine, format!("{}-gateway", name::network(&relay.sandbox)));
    let docker = engine.docker();
    let image = image(&relay.sandbox);
    let binary = relay.program.binary.clone();
    let root = tokio::task::spawn_blocking(move || root(&binary)).await;
    let root = root.map_err(io::Error::other).and_then(|root| root);
    let root = root.map_err(file_failed(&relay.program.binary))?;
    let options = CreateImageOptionsBuilder::default().from_src("-").repo(&image).tag("latest").build();
    let root = bollard::body_full(Bytes::from(root));
    let import = docker.create_image(Some(options), Some(root), None).try_for_each(|_| async { Ok(()) });
    import.await.map_err(failed("import the relay's image"))?;
    remove_container(engine, &container).await?;
    let options = CreateContainerOptionsBuilder::default().name(&container).build();
    let body = body(relay, &image, &range(relay).await?);
    docker.create_container(Some(options), body).await.map_err(failed("create the relay"))?;
    let token = archive(&[(TOKEN, relay.token.as_bytes(), 0o400)]).map_err(file_failed(TOKEN))?;
    let options = UploadToContainerOptionsBuilder::default().path("/").build();
    let upload =
        docker.upload_to_container(&container, Some(options), bollard::body_full(Bytes::from(token)));
    upload.await.map_err(failed("give the relay its token"))?;
    let started = docker.start_container(&container, None::<StartContainerOptions>);
    started.await.map_err(failed("start the relay"))?;
    published(engine, &container).await
}

/// Removes the relay's image.
pub async fn remove_image(engine: &Engine, sandbox: &str) -> Result<(), Error> {
    let image = image(sandbox);
    match engine.docker().remove_image(&image, None::<RemoveImageOptions>, None).await {
        Err(error) if !is_absent(&error) => Err(failed("remove the relay's image")(error)),
        _ => Ok(()),
    }
}

fn image(sandbox: &str) -> String {
    format!("apimlab/gateway-{}", sandbox.to_ascii_lowercase())
}

/// The addresses of the sandbox's network.
async fn range(relay: &Relay) -> Result<String, Error> {
    let network = name::network(&relay.sandbox);
    let found = relay.engine.docker().inspect_network(&network, None::<InspectNetworkOptions>).await;
    let found = found.map_err(failed(format!("look at the network {network}")))?;
    let config = found.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnet = config.into_iter().find_map(|config| config.subnet);
    subnet.ok_or_else(|| Error::Model(format!("the network {network} has no range")))
}

fn body(relay: &Relay, image: &str, range: &str) -> ContainerCreateBody {
    let mut command = vec![format!("/{BINARY}")];
    command.extend(relay.program.command.iter().cloned());
    let listen = format!("{}:{PORT}", Ipv4Addr::UNSPECIFIED);
    let token = format!("/{TOKEN}");
    command.extend(["--listen", &listen, "--range", range, "--token-file", &token].map(str::to_owned));
    let port =
        PortBinding { host_ip: Some(Ipv4Addr::LOCALHOST.to_string()), host_port: Some("0".to_owned()) };
    let on_failure =
        RestartPolicy { name: Some(RestartPolicyNameEnum::ON_FAILURE), maximum_retry_count: Some(3) };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(command),
        env: Some(vec![format!("LD_LIBRARY_PATH=/{LIBRARIES}"), "HOME=/".to_owned()]),
        exposed_ports: Some(vec![format!("{PORT}/tcp")]),
        labels: Some(HashMap::from([(name::SANDBOX.to_owned(), relay.sandbox.clone())])),
        host_config: Some(HostConfig {
            network_mode: Some(name::network(&relay.sandbox)),
            port_bindings: Some(HashMap::from([(format!("{PORT}/tcp"), Some(vec![port]))])),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            restart_policy: Some(on_failure),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

async fn published(engine: &Engine, container: &str) -> Result<SocketAddr, Error> {
    let found = engine.docker().inspect_container(container, None::<InspectContainerOptions>).await;
    let found = found.map_err(failed("look at the relay"))?;
    let mut ports = found.network_settings.and_then(|settings| settings.ports).unwrap_or_default();
    let bindings = ports.remove(&format!("{PORT}/tcp")).flatten().unwrap_or_default();
    let port = bindings.iter().find_map(|binding| binding.host_port.as_ref()?.parse::<u16>().ok());
    let ended =
        || Error::Model("the relay to the Docker network ended at once; see `docker logs`".to_owned());
    port.filter(|port| *port != 0).map(|port| (Ipv4Addr::LOCALHOST, port).into()).ok_or_else(ended)
}

async fn remove_container(engine: &Engine, container: &str) -> Result<(), Error> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker().remove_container(container, Some(options)).await {
        Err(error) if !is_absent(&error) => Err(failed("remove the old relay")(error)),
        _ => Ok(()),
    }
}

/// The image's files. Blocks.
fn root(binary: &Path) -> io::Result<Vec<u8>> {
    let program = fs::read(binary)?;
    let mut files = vec![(PathBuf::from(BINARY), program)];
    for library in libraries() {
        let Some(file) = library.file_name() else { continue };
        let contents = fs::read(&library)?;
        // The loader is named by its path in the binary: `/lib64` on x86-64, `/lib` elsewhere.
        if file.to_string_lossy().starts_with("ld-") {
            files.push((Path::new("lib64").join(file), contents.clone()));
        }
        files.push((Path::new(LIBRARIES).join(file), contents));
    }
    let files: Vec<(&str, &[u8], u32)> = files
        .iter()
        .filter_map(|(path, contents)| Some((path.to_str()?, contents.as_slice(), 0o755)))
        .collect();
    archive(&files)
}

/// The shared libraries that this process runs with: what the binary needs, if it is this process's.
/// <https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html>
fn libraries() -> Vec<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    for path in
        maps.lines().filter_map(|line| line.find('/').and_then(|at| line.get(at..))).map(PathBuf::from)
    {
        let is_library = path.file_name().is_some_and(|name| name.to_string_lossy().contains(".so"));
        if is_library && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

fn archive(files: &[(&str, &[u8], u32)]) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, contents, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(*mode);
        header.set_mtime(0);
        tar.append_data(&mut header, path, *contents)?;
    }
    tar.into_inner()
}
