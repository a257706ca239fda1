//! `apimlab image load|list`: images for the nodes of kind clusters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::Context;
use crate::admin::ImageOrder;
use crate::args::Output;
use crate::daemon;
use crate::exit::{Exit, Failure};
use crate::progress::Steps;

/// What `image` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Bring images of the Docker Engine, or of archives, into all nodes
    Load {
        /// Images by name, pulled if the engine does not have them; or files made by `docker save`
        #[arg(required = true, value_name = "NAME|FILE")]
        images: Vec<String>,
    },
    /// List the images that a scenario needs on a kind cluster
    List {
        /// A scenario of the catalog, or a scenario file or its folder
        #[arg(default_value = super::FIRST_SCENARIO)]
        scenario: String,
        /// How to print them
        #[arg(short, long, default_value = "table")]
        output: Output,
    },
}

/// Loads or lists.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    match args.what {
        What::Load { images } => load(images, context).await,
        What::List { scenario, output } => list(&scenario, output, context).await,
    }
}

async fn load(images: Vec<String>, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let (archives, images): (Vec<String>, Vec<String>) =
        images.into_iter().partition(|image| Path::new(image).is_file());
    let archives =
        archives.into_iter().map(|file| std::path::absolute(&file).unwrap_or_else(|_| file.into()));
    let order = ImageOrder { images, archives: archives.collect(), always: false };
    let steps = Steps::new(Arc::clone(&context.report));
    let loaded = running.admin.load_images(&order, &steps).await?;
    for one in &loaded {
        context.report.say(&format!("  {}  {}: {}", one.image, one.node, one.action));
    }
    for archive in &order.archives {
        context.report.say(&format!("  {} is in all nodes", archive.display()));
    }
    if running.admin.status().await?.clusters.is_empty() {
        context.report.say("There is no cluster yet; an image is loaded into the nodes that are there.");
    }
    Ok(Exit::Done)
}

/// What the scenario's Pods, its checks and the cluster itself need, and whether the engine has it.
async fn list(scenario: &str, output: Output, context: &Context) -> anyhow::Result<Exit> {
    let names = wanted(Some(scenario), context)?;
    let images = super::bundle::images(context)?;
    let mut rows: Vec<(String, Option<u64>)> = Vec::new();
    for name in names {
        let reference = sandbox::images::Reference::parse(&name)?;
        let found = images.find(&reference).await?;
        rows.push((name, found.map(|found| found.bytes)));
    }
    match output {
        Output::Json => {
            let list: Vec<Value> = rows
                .iter()
                .map(|(image, bytes)| json!({ "image": image, "present": bytes.is_some(), "bytes": bytes }))
                .collect();
            context.report.json("ImageList", &list);
        }
        Output::Table => {
            let size = |bytes: &Option<u64>| {
                bytes.map_or_else(|| "not here".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000))
            };
            let header = vec!["IMAGE".to_owned(), "SIZE".to_owned()];
            let lines = rows.iter().map(|(image, bytes)| vec![image.clone(), size(bytes)]);
            context.report.table(&std::iter::once(header).chain(lines).collect::<Vec<_>>());
        }
    }
    Ok(Exit::Done)
}

/// All images that a kind cluster with this scenario needs: nodes, load balancer, the scenario's Pods and checks.
pub fn wanted(scenario: Option<&str>, context: &Context) -> anyhow::Result<Vec<String>> {
    let settings = daemon::settings(&context.config)?.map(|settings| settings.cluster).unwrap_or_default();
    let mut names = vec![settings.node_image().to_owned()];
    names.extend(sandbox::LOAD_BALANCER_IMAGES.iter().map(|&image| image.to_owned()));
    if let Some(scenario) = scenario {
        names.extend(scenarios::load(scenario)?.images());
    }
    Ok(names)
}

/// A file that a command reads or writes, from wherever it was started.
pub fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(Exit::Missing, format!("{}: {error}", path.display())))
}
