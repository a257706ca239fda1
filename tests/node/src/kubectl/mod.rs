//! The `kubectl` of the node image, as far as a node is set up with it:
//! <https://kubernetes.io/docs/reference/kubectl/>.
//!
//! **Differs from kubectl:** `create`, `apply`, `delete` (standard input or a file), `get` (names or JSON), `label` and
//! `taint`; `apply` is server-side.

mod change;
mod object;

use std::fs;
use std::io::Read as _;

use crate::api::Api;
use crate::error::Error;
use crate::kubeconfig::{ADMIN, Kubeconfig};

/// A command line taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Command {
    words: Vec<String>,
    kubeconfig: Option<String>,
    file: Option<String>,
    namespace: Option<String>,
    output: Option<String>,
    everywhere: bool,
    every_object: bool,
    missing_is_fine: bool,
}

/// Runs a command line.
pub async fn run(arguments: &[&str]) -> Result<(), Error> {
    let command = Command::parse(arguments)?;
    let path = command.kubeconfig.as_deref().unwrap_or(ADMIN);
    let text = fs::read_to_string(path).map_err(Error::file(path))?;
    let api = Api::new(&Kubeconfig::parse(&text)?)?;
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    match words[..] {
        ["create" | "apply" | "delete"] => {
            let documents = documents(command.file.as_deref())?;
            object::all(&api, (words[0], &command), documents).await
        }
        ["get", resource, ref names @ ..] => object::get(&api, &command, (resource, names)).await,
        ["label", resource, ref rest @ ..] => {
            change::label(&api, (resource, rest), command.every_object).await
        }
        ["taint", "node" | "nodes", ref rest @ ..] => change::taint(&api, rest, command.every_object).await,
        _ => Err(Error::Usage(format!("kubectl {}", arguments.join(" ")))),
    }
}

impl Command {
    fn parse(arguments: &[&str]) -> Result<Self, Error> {
        let unknown = || Error::Usage(format!("kubectl {}", arguments.join(" ")));
        let mut command = Self::default();
        let mut rest = arguments.iter();
        while let Some(&argument) = rest.next() {
            if argument == "-" || !argument.starts_with('-') {
                command.words.push(argument.to_owned());
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument, None),
            };
            let mut value = || value.or_else(|| rest.next().copied()).map(str::to_owned).ok_or_else(unknown);
            match name {
                "--kubeconfig" => command.kubeconfig = Some(value()?),
                "-f" | "--filename" => command.file = Some(value()?),
                "-n" | "--namespace" => command.namespace = Some(value()?),
                "-o" | "--output" => command.output = Some(value()?),
                "-A" | "--all-namespaces" => command.everywhere = true,
                "--all" => command.every_object = true,
                "--ignore-not-found" => command.missing_is_fine = true,
                "--overwrite" | "--server-side" | "--force-conflicts" | "--wait" | "--validate" => {}
                _ => return Err(unknown()),
            }
        }
        Ok(command)
    }
}

fn documents(file: Option<&str>) -> Result<Vec<serde_json::Value>, Error> {
    let mut text = String::new();
    match file {
        Some("-") => drop(std::io::stdin().read_to_string(&mut text).map_err(Error::Start)?),
        Some(path) => text = fs::read_to_string(path).map_err(Error::file(path))?,
        None => return Err(Error::Usage("must specify one of -f and -k".to_owned())),
    }
    let read: Vec<serde_json::Value> = serde_saphyr::from_multiple(&text)
        .map_err(|error| Error::Document(format!("error parsing {}: {error}", file.unwrap_or_default())))?;
    let mut documents = Vec::new();
    for document in read {
        match document["items"].as_array() {
            Some(items) => documents.extend(items.iter().cloned()),
            None => documents.push(document),
        }
    }
    if documents.is_empty() {
        return Err(Error::Document("no objects passed to create".to_owned()));
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_both_forms() {
        for line in [
            &["--kubeconfig=/a", "apply", "-f", "-", "-n", "x"][..],
            &["--kubeconfig", "/a", "apply", "-f=-", "--namespace=x"],
        ] {
            let command = Command::parse(line).expect("known");
            let expected = Command {
                words: vec!["apply".to_owned()],
                kubeconfig: Some("/a".to_owned()),
                file: Some("-".to_owned()),
                namespace: Some("x".to_owned()),
                ..Command::default()
            };
            assert_eq!(command, expected);
        }
        assert!(Command::parse(&["apply", "--prune"]).is_err());
    }
}
