//! `ctr images import|tag|ls|rm`: <https://github.com/containerd/containerd/tree/main/cmd/ctr>.
//!
//! **Differs from containerd:** one namespace, `k8s.io`.

use std::fs::File;

use super::archive::{self, Platforms};
use super::{Images, reference};
use crate::error::Error;
use crate::print;

/// Runs a command line.
pub fn ctr(arguments: &[&str]) -> Result<(), Error> {
    let unknown = || Error::Usage(format!("ctr {}", arguments.join(" ")));
    let (["-n" | "--namespace", "k8s.io", rest @ ..] | ["-n=k8s.io" | "--namespace=k8s.io", rest @ ..]) =
        arguments
    else {
        return Err(unknown());
    };
    match rest {
        ["images" | "image" | "i", "import", options @ ..] => import(options),
        ["images" | "image" | "i", "tag", options @ ..] => {
            let names: Vec<&str> = options.iter().copied().filter(|option| *option != "--force").collect();
            let [source, name] = names[..] else { return Err(unknown()) };
            tag(source, name, options.contains(&"--force"))
        }
        ["images" | "image" | "i", "ls" | "list", options @ ..] => list(options),
        ["images" | "image" | "i", "rm" | "remove" | "delete", names @ ..] => remove(names),
        ["images" | "image" | "i", "pull", ..] => Err(Error::Image(
            "ctr: failed to resolve reference: no registry is reached from the node".to_owned(),
        )),
        _ => Err(unknown()),
    }
}

fn import(options: &[&str]) -> Result<(), Error> {
    let (mut platforms, mut file) = (None, None);
    let mut rest = options.iter();
    while let Some(&option) = rest.next() {
        match option.split_once('=').unwrap_or((option, "")) {
            ("--all-platforms", _) => platforms = Some(Platforms::All),
            ("--platform", "") => platforms = rest.next().map(|one| Platforms::One(one)),
            ("--platform", one) => platforms = Some(Platforms::One(one)),
            ("--snapshotter", "") => drop(rest.next()),
            ("--digests" | "--snapshotter", _) => {}
            (path, "") if path == "-" || !path.starts_with('-') => file = Some(path),
            _ => return Err(Error::Usage(format!("ctr images import {option}"))),
        }
    }
    let platforms = platforms.unwrap_or(Platforms::One("linux/amd64"));
    let found = match file {
        Some("-") => archive::read(std::io::stdin().lock(), platforms)?,
        Some(path) => archive::read(File::open(path).map_err(Error::file(path))?, platforms)?,
        None => return Err(Error::Usage("ctr images import without a file".to_owned())),
    };
    if found.is_empty() {
        return Err(Error::Image("ctr: the archive has no image for this platform".to_owned()));
    }
    Images::change(|images| {
        for image in &found {
            for name in &image.names {
                let name = reference::full(name);
                images.add(&image.id, &name, image.size);
                print::line(&format!("unpacking {name} ({})...done", image.id));
            }
        }
        Ok(())
    })
}

fn tag(source: &str, name: &str, force: bool) -> Result<(), Error> {
    Images::change(|images| {
        let not_found = || Error::Image(format!("ctr: image \"{source}\": not found"));
        let (id, size) =
            images.find(source).map(|(id, image)| (id.to_owned(), image.size)).ok_or_else(not_found)?;
        let name = reference::full(name);
        if !force && images.find(&name).is_some() {
            return Err(Error::Image(format!("ctr: image \"{name}\": already exists")));
        }
        images.add(&id, &name, size);
        print::line(&name);
        Ok(())
    })
}

fn list(options: &[&str]) -> Result<(), Error> {
    let quiet = options.contains(&"-q") || options.contains(&"--quiet");
    if !quiet {
        print::line("REF TYPE DIGEST SIZE PLATFORMS LABELS");
    }
    for (id, image) in Images::read()?.all() {
        let size = image.size;
        for name in image.names.iter().map(String::as_str).chain([id]) {
            if quiet {
                print::line(name);
            } else {
                print::line(&format!(
                    "{name} application/vnd.oci.image.manifest.v1+json {id} {size} linux/amd64 -"
                ));
            }
        }
    }
    Ok(())
}

fn remove(names: &[&str]) -> Result<(), Error> {
    Images::change(|images| {
        for name in names {
            let full = reference::full(name);
            let known = images.0.values_mut().find(|image| image.names.contains(&full));
            let known = known.ok_or_else(|| Error::Image(format!("ctr: image \"{name}\": not found")))?;
            known.names.retain(|one| *one != full);
        }
        images.0.retain(|_, image| !image.names.is_empty());
        Ok(())
    })
}
