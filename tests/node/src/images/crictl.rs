//! `crictl images|inspecti|rmi`: <https://github.com/kubernetes-sigs/cri-tools>.

use serde_json::{Value, json};

use super::{Image, Images};
use crate::error::Error;
use crate::print;

/// Runs a command line.
pub fn crictl(arguments: &[&str]) -> Result<(), Error> {
    let unknown = || Error::Usage(format!("crictl {}", arguments.join(" ")));
    let (&command, options) = arguments.split_first().ok_or_else(unknown)?;
    let (mut output, mut template, mut names) = ("json", "", Vec::new());
    let mut rest = options.iter();
    while let Some(&option) = rest.next() {
        match option {
            "-o" | "--output" => output = rest.next().copied().ok_or_else(unknown)?,
            "--template" => template = rest.next().copied().ok_or_else(unknown)?,
            "-q" | "--quiet" => output = "quiet",
            _ if option.starts_with('-') => return Err(unknown()),
            name => names.push(name),
        }
    }
    let images = Images::read()?;
    match command {
        "images" | "image" | "img" if output == "quiet" => {
            images.all().for_each(|(id, _)| print::line(id));
            Ok(())
        }
        "images" | "image" | "img" => {
            let all: Vec<Value> = images.all().map(status).collect();
            print::line(&json!({"images": all}).to_string());
            Ok(())
        }
        "inspecti" => names.iter().try_for_each(|name| {
            let missing = || Error::Image(format!("no such image \"{name}\" present"));
            let found = images.find(name).ok_or_else(missing)?;
            match (output, template) {
                ("go-template", "{{.status.id}}") => print::line(found.0),
                ("json", "") => print::line(&json!({"status": status(found), "info": {}}).to_string()),
                _ => return Err(unknown()),
            }
            Ok(())
        }),
        // Pods of the stand-in are no containers of their own.
        "ps" | "pods" => Ok(()),
        _ => Err(unknown()),
    }
}

fn status((id, image): (&str, &Image)) -> Value {
    json!({"id": id, "repoTags": image.names, "repoDigests": [], "size": image.size.to_string(), "pinned": false})
}
