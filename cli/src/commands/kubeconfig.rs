//! `apimlab kubeconfig`: how to reach a cluster of the sandbox with kubectl.

use clap::ValueEnum;

use super::Context;
use crate::admin::Cluster;
use crate::daemon;
use crate::exit::{Exit, Failure};

/// What `kubeconfig` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster, if there are several
    pub cluster: Option<String>,
    /// Print the file, or where it is
    #[arg(short, long, default_value = "yaml")]
    pub output: Form,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The kubeconfig.
    Yaml,
    /// The path of its file.
    Path,
}

/// Prints.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let clusters = daemon::expect(&context.config).await?.admin.status().await?.clusters;
    let path = choose(&clusters, args.cluster.as_deref())?;
    match args.output {
        Form::Path => context.report.data(path),
        Form::Yaml => context.report.data(&std::fs::read_to_string(path)?),
    }
    Ok(Exit::Done)
}

/// The kubeconfig file of the cluster that is meant.
pub fn choose<'c>(clusters: &'c [Cluster], name: Option<&str>) -> Result<&'c str, Failure> {
    let names = || clusters.iter().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>().join(", ");
    let cluster = match (clusters, name) {
        ([], _) => {
            let failure = Failure::new(Exit::Missing, "there is no cluster in the sandbox");
            return Err(failure.help("deploy a scenario with `apimlab up`"));
        }
        ([only], None) => only,
        (_, None) => {
            let failure = Failure::new(Exit::Usage, "there are several clusters");
            return Err(failure.help(format!("name one of {}", names())));
        }
        (_, Some(name)) => {
            let found = clusters.iter().find(|cluster| cluster.name.eq_ignore_ascii_case(name));
            found.ok_or_else(|| {
                Failure::new(Exit::Missing, format!("there is no cluster `{name}`"))
                    .help(format!("there is {}", names()))
            })?
        }
    };
    cluster.kubeconfig.as_deref().ok_or_else(|| {
        Failure::new(Exit::Missing, format!("the cluster {} is not running yet", cluster.name))
            .help("try again in a moment")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_cluster_is_meant_unless_one_is_named() {
        let cluster = |name: &str, file: Option<&str>| Cluster {
            name: name.to_owned(),
            kubeconfig: file.map(str::to_owned),
            report: None,
        };
        let (a, b) = (cluster("a", Some("/a")), cluster("b", None));
        let cases = [
            (vec![], None, Err("no cluster in the sandbox")),
            (vec![a.clone()], None, Ok("/a")),
            (vec![a.clone(), b.clone()], None, Err("several")),
            (vec![a.clone(), b.clone()], Some("A"), Ok("/a")),
            (vec![a.clone(), b.clone()], Some("b"), Err("not running")),
            (vec![a, b], Some("c"), Err("no cluster `c`")),
        ];
        for (clusters, name, expected) in cases {
            match (choose(&clusters, name), expected) {
                (Ok(path), Ok(expected)) => assert_eq!(path, expected),
                (Err(failure), Err(expected)) => assert!(failure.message.contains(expected), "{failure}"),
                (found, _) => panic!("{name:?}: {found:?}"),
            }
        }
    }
}
