//! What can go wrong around a kind cluster, each with a next step for the user.
//! <https://kind.sigs.k8s.io/docs/user/known-issues/>

use std::time::Duration;

use ::network::Cidr;

/// Why a kind cluster, or the Docker Engine beneath it, does not do what it should.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Nothing listens where an engine should.
    #[error(
        "no Docker Engine answers at {places}: start Docker (or Podman's socket, `systemctl --user start \
         podman.socket`), or set DOCKER_HOST to where it listens"
    )]
    NoEngine {
        /// Where it was looked for.
        places: String,
    },
    /// The socket is there, but not for this user.
    #[error(
        "no permission on the Docker Engine's socket {socket}: add yourself to its group (`sudo usermod -aG docker \
         $USER`, then log in again), or use a rootless engine"
    )]
    NoPermission {
        /// The socket.
        socket: String,
    },
    /// The address of the engine cannot be used.
    #[error("`{address}` is no address of a Docker Engine that can be used here: {reason}")]
    EngineAddress {
        /// The address as it was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine lacks calls that nodes need.
    #[error(
        "the Docker Engine {version} (API {api}) is too old: nodes need 20.10 (API 1.41) or later; update it"
    )]
    EngineTooOld {
        /// The engine's version.
        version: String,
        /// The version of its API.
        api: String,
    },
    /// The engine does not run Linux containers on this kind of machine.
    #[error("the Docker Engine cannot run nodes: {reason}")]
    EngineUnsuitable {
        /// What is missing, and what to do.
        reason: String,
    },
    /// The engine refused a call.
    #[error("the Docker Engine refused to {action}: {message}")]
    Engine {
        /// What was asked for.
        action: String,
        /// What it said.
        message: String,
    },
    /// The engine has stopped while it was worked with.
    #[error(
        "the Docker Engine does not answer any more ({reason}): start it again, and the nodes are brought back"
    )]
    EngineGone {
        /// The operating system's reason.
        reason: String,
    },
    /// The engine has less memory than a node needs.
    #[error(
        "the Docker Engine has {present} MiB of memory, the cluster needs {needed} MiB: give it more (Docker Desktop: \
         Settings, Resources), or ask for fewer nodes"
    )]
    TooLittleMemory {
        /// What there is, in MiB.
        present: u64,
        /// What is needed, in MiB.
        needed: u64,
    },
    /// The engine's disk is nearly full.
    #[error(
        "too little disk space for nodes and images: {detail}; `docker system prune` frees what is unused"
    )]
    TooLittleDisk {
        /// What is known about it.
        detail: String,
    },
    /// A network of the machine or of Docker has the addresses.
    #[error(
        "the subnet {subnet} overlaps with {other}: remove that network, or give the cluster's subnet another range"
    )]
    SubnetOverlap {
        /// The range of the cluster's subnet.
        subnet: Cidr,
        /// Who has addresses in it.
        other: String,
    },
    /// The sandbox has one Docker network, and it has another range.
    #[error(
        "the sandbox's Docker network {network} has the range {present}, and the cluster's subnet is {wanted}: clusters \
         of one sandbox share a subnet on this back end; use one subnet, or `--cluster embedded`"
    )]
    OtherSubnet {
        /// The Docker network.
        network: String,
        /// The range that it has.
        present: String,
        /// The range of the cluster's subnet.
        wanted: Cidr,
    },
    /// A node does not get its address.
    #[error("{node} gets no address in the network {network}: {reason}")]
    NodeAddress {
        /// The node.
        node: String,
        /// The Docker network.
        network: String,
        /// Why.
        reason: String,
    },
    /// Something listens on a port that a node publishes.
    #[error(
        "port {port} of this machine is taken, and {node} publishes its API server there: end what listens on it"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// The node.
        node: String,
    },
    /// A container with the node's name belongs to somebody else.
    #[error(
        "there is already a container called {node}, {owner}: remove it, or give the cluster another name"
    )]
    NameTaken {
        /// The node.
        node: String,
        /// Whose it is.
        owner: String,
    },
    /// The image is not there, and no registry gives it.
    #[error(
        "the image {image} is not on this machine and cannot be pulled ({reason}): where there is no registry, load it \
         from an archive with `apimlab bundle load FILE` (made elsewhere by `apimlab bundle create FILE`)"
    )]
    ImageMissing {
        /// The image.
        image: String,
        /// What the registry or the engine said.
        reason: String,
    },
    /// The text is no image's name.
    #[error("`{0}` is not the name of an image: write REPOSITORY:TAG, such as nginx:1.27")]
    ImageName(String),
    /// Archives know images by their tags.
    #[error("{0} has no tag, and a bundle needs one to find the image again: write REPOSITORY:TAG@DIGEST")]
    ImageUntagged(String),
    /// The image is not there, and it was not to be pulled.
    #[error("the Docker Engine does not have the image {0}: pull or build it there first")]
    ImageNotHere(String),
    /// A node did not take images.
    #[error("the node {node} did not take the images; is there room on its disk? Its last lines:\n{output}")]
    ImageImport {
        /// The node.
        node: String,
        /// The last lines of what it wrote.
        output: String,
    },
    /// The file is no bundle, or it is damaged.
    #[error("{path} is not a whole bundle: {reason}; make or copy it again")]
    Bundle {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The node did not boot.
    #[error("{node} did not boot within {waited:?}; its last lines:\n{log}")]
    Boot {
        /// The node.
        node: String,
        /// How long it was waited for.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },
    /// A command in a node ended with a failure.
    #[error(
        "`{command}` in {node} ended with {code} (`apimlab logs --collect FOLDER` has all of it); its last lines:\n{output}"
    )]
    Command {
        /// The node.
        node: String,
        /// The command, without its long arguments.
        command: String,
        /// The exit code.
        code: i64,
        /// The last lines of what it wrote.
        output: String,
    },
    /// What a node answered cannot be read.
    #[error("{node} answered something unexpected to `{command}`: {reason}")]
    Answer {
        /// The node.
        node: String,
        /// The command.
        command: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A node did not become ready.
    #[error(
        "{node} is not Ready after {waited:?} (`apimlab logs --collect FOLDER` has its kubelet's log): {conditions}{events}"
    )]
    NotReady {
        /// The node.
        node: String,
        /// How long it was waited for.
        waited: Duration,
        /// Its conditions.
        conditions: String,
        /// The last events about it, each on a line of its own.
        events: String,
    },
    /// The API server does not answer, or refuses.
    #[error("the API server of {cluster} does not answer as it should: {reason}")]
    ApiServer {
        /// The cluster.
        cluster: String,
        /// What came back.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The model asks for something that this back end cannot do.
    #[error("the cluster cannot be made: {0}")]
    Model(String),
    /// The cluster is no longer wanted.
    #[error("the creation was cancelled")]
    Cancelled,
}
