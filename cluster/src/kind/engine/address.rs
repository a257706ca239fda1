//! Where an engine listens: `DOCKER_HOST`'s form, and the usual places.
//! <https://docs.docker.com/reference/cli/docker/#environment-variables>

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::Error;

/// The address to use.
pub fn find(address: Option<&str>, home: Option<&Path>) -> Result<String, Error> {
    if let Some(address) = address {
        return checked(address);
    }
    let places = usual(home);
    let listed = || places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ");
    let found = places.iter().find(|place| place.exists());
    found
        .map(|place| format!("unix://{}", place.display()))
        .ok_or_else(|| Error::NoEngine { places: listed() })
}

/// Only an engine on this machine can be used: its published ports and its network have to be reachable.
fn checked(address: &str) -> Result<String, Error> {
    let refused =
        |reason: &str| Error::EngineAddress { address: address.to_owned(), reason: reason.to_owned() };
    let (scheme, rest) = address.split_once("://").unwrap_or(("unix", address));
    match scheme {
        "unix" if rest.starts_with('/') => Ok(format!("unix://{rest}")),
        "unix" => Err(refused("expected the absolute path of a socket")),
        "npipe" => Ok(address.to_owned()),
        "tcp" | "http" => {
            let host = rest.trim_end_matches('/').rsplit_once(':').map_or(rest, |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let near = host.eq_ignore_ascii_case("localhost")
                || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
            if near {
                Ok(address.to_owned())
            } else {
                Err(refused(
                    "the engine is on another machine, whose container network cannot be reached from here",
                ))
            }
        }
        _ => Err(refused("expected unix://, npipe:// or tcp://localhost:PORT")),
    }
}

/// Docker, Docker Desktop, rootless Docker, Podman without and with root.
#[cfg(unix)]
fn usual(home: Option<&Path>) -> Vec<PathBuf> {
    let run = PathBuf::from(format!("/run/user/{}", rustix::process::getuid().as_raw()));
    let mut places = vec![PathBuf::from("/var/run/docker.sock")];
    if let Some(home) = home {
        places.push(home.join(".docker/run/docker.sock"));
        places.push(home.join(".docker/desktop/docker.sock"));
    }
    places.push(run.join("docker.sock"));
    places.push(run.join("podman/podman.sock"));
    places.push(PathBuf::from("/run/podman/podman.sock"));
    places
}

/// Docker Desktop's pipe.
#[cfg(windows)]
fn usual(_home: Option<&Path>) -> Vec<PathBuf> {
    vec![PathBuf::from(r"\\.\pipe\docker_engine")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_engines_on_this_machine_are_taken() {
        for (address, expected) in [
            ("unix:///run/docker.sock", Some("unix:///run/docker.sock")),
            ("/run/docker.sock", Some("unix:///run/docker.sock")),
            ("unix://run/docker.sock", None),
            ("tcp://localhost:2375", Some("tcp://localhost:2375")),
            ("tcp://127.0.0.1:2375/", Some("tcp://127.0.0.1:2375/")),
            ("tcp://[::1]:2375", Some("tcp://[::1]:2375")),
            ("tcp://10.0.0.7:2375", None),
            ("ssh://somewhere", None),
            ("npipe:////./pipe/docker_engine", Some("npipe:////./pipe/docker_engine")),
        ] {
            assert_eq!(checked(address).ok().as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn the_first_socket_that_exists_is_used() {
        let home = tempfile::tempdir().expect("a folder");
        let place = home.path().join(".docker/run/docker.sock");
        std::fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
        std::fs::write(&place, "").expect("a file in its place");
        let found = find(None, Some(home.path())).expect("an address");
        assert!(
            found == format!("unix://{}", place.display()) || found == "unix:///var/run/docker.sock",
            "{found}"
        );
    }
}
