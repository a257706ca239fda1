//! `apimlab bundle create|load|verify`: all images of a kind cluster in one file, for machines without a registry.

use std::path::PathBuf;
use std::sync::Arc;

use sandbox::bundle::{self, Content};
use sandbox::images::{Images, Reference};

use super::{Context, FIRST_SCENARIO, image};
use crate::admin::ImageOrder;
use crate::args::Output;
use crate::daemon;
use crate::exit::Exit;
use crate::progress::Steps;

/// What `bundle` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write a bundle: node image, load balancer, and the images of a scenario
    Create {
        /// The file to write
        file: PathBuf,
        /// A scenario of the catalog, or a scenario file or its folder; several if repeated
        #[arg(long, default_value = FIRST_SCENARIO)]
        scenario: Vec<String>,
        /// More images; may be repeated
        #[arg(long, value_name = "NAME")]
        image: Vec<String>,
        /// The node image, if it is not the usual one
        #[arg(long, value_name = "IMAGE")]
        node_image: Option<String>,
        /// Only the images that are named with --image
        #[arg(long, requires = "image", conflicts_with = "node_image")]
        only: bool,
    },
    /// Give a bundle's images to the Docker Engine, and to the nodes that run
    Load {
        /// The file
        file: PathBuf,
    },
    /// Check a bundle's digests and list what is in it
    Verify {
        /// The file
        file: PathBuf,
        /// How to print it
        #[arg(short, long, default_value = "table")]
        output: Output,
    },
}

/// Does it.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let steps = Steps::new(Arc::clone(&context.report));
    match args.what {
        What::Create { file, scenario, image, node_image, only } => {
            let wanted = if only { Vec::new() } else { wanted(&scenario, node_image, context)? };
            let references = references(wanted.into_iter().chain(image))?;
            let written = bundle::create(&images(context)?, &references, &file, &steps.say()).await?;
            table(&written, context);
            context.report.say(&format!("{} was written.", file.display()));
        }
        What::Load { file } => {
            let loaded = bundle::load(&images(context)?, &file, &steps.say()).await?;
            context.report.say(&format!("The engine has {} images of the bundle.", loaded.images.len()));
            into_nodes(&loaded, context, &steps).await?;
        }
        What::Verify { file, output } => {
            let found = bundle::verify(&file, &steps.say()).await?;
            match output {
                Output::Json => context.report.json("Bundle", &found),
                Output::Table => table(&found, context),
            }
        }
    }
    Ok(Exit::Done)
}

/// The engine's images.
pub fn images(context: &Context) -> anyhow::Result<Images> {
    Ok(sandbox::engine_images(&context.config.machine())?)
}

fn wanted(
    scenarios: &[String],
    node_image: Option<String>,
    context: &Context,
) -> anyhow::Result<Vec<String>> {
    let mut names = image::wanted(None, context)?;
    if let (Some(first), Some(other)) = (names.first_mut(), node_image) {
        *first = other;
    }
    for scenario in scenarios {
        names.extend(scenarios::load(scenario)?.images());
    }
    Ok(names)
}

/// Each once, in their order.
fn references(names: impl Iterator<Item = String>) -> anyhow::Result<Vec<Reference>> {
    let mut references = Vec::new();
    for name in names {
        let reference = Reference::parse(&name)?;
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    Ok(references)
}

/// Nodes that run already get all but their own image.
async fn into_nodes(loaded: &Content, context: &Context, steps: &Arc<Steps>) -> anyhow::Result<()> {
    let Some(running) = daemon::find(&context.config).await? else { return Ok(()) };
    let status = running.admin.status().await?;
    if status.clusters.iter().all(|cluster| cluster.report.is_none()) {
        return Ok(());
    }
    let node_image = running.settings.cluster.node_image().to_owned();
    let images = loaded.images.iter().map(|entry| entry.image.clone()).filter(|image| *image != node_image);
    let order = ImageOrder { images: images.collect(), ..ImageOrder::default() };
    let copies = running.admin.load_images(&order, steps).await?;
    context.report.say(&format!("The nodes have them: {} times checked or copied.", copies.len()));
    Ok(())
}

fn table(bundle: &Content, context: &Context) {
    let header = ["IMAGE", "DIGEST", "SIZE"].map(str::to_owned).to_vec();
    let rows = bundle.images.iter().map(|entry| {
        vec![entry.image.clone(), entry.digest.clone(), format!("{} MB", entry.bytes / 1_000_000)]
    });
    context.report.table(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
}
