//! The command line: global flags, and one line per command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sandbox::Ports;

use crate::commands::{
    apply, az, bundle, completions, curl, destroy, doctor, down, env, fault, gateway, image, kubeconfig,
    logs, path, plan, policy, relay, scenario, serve, status, supervise, terraform, time, trace, traces, up,
    verify, version,
};

const EXAMPLES: &str = "\
Examples:
  apimlab up                                   start the sandbox and deploy the first scenario
  apimlab status                               what runs, and where
  eval \"$(apimlab env)\"                        variables for az, terraform, SDKs, kubectl and curl
  apimlab curl --from aks-subnet http://10.10.1.5/
  apimlab down --purge                         stop it and remove everything it wrote";

/// A laboratory for Azure API Management in front of AKS, in one process on this machine.
#[derive(Debug, Parser)]
#[command(name = "apimlab", version = sandbox::VERSION, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    /// Flags of all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of all commands.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// The folder with the sandbox's state [default: ~/.local/state/apimlab/default]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Ports of a new sandbox: `auto` for any free ones, or the first of six [default: 4780]
    #[arg(long, global = true, value_name = "auto|BASE")]
    pub ports: Option<Ports>,
    /// Print without colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Print data and problems only
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Everything that the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a scenario's resources what the scenario says
    Apply(apply::Args),
    /// Run the Azure CLI, signed in to the sandbox
    Az(az::Args),
    /// Put the images of kind clusters into a file, or take them from one
    Bundle(bundle::Args),
    /// Print shell completions
    Completions(completions::Args),
    /// Print what is emulated and how it differs from Azure, as Markdown
    Coverage,
    /// Send a request from a place in the simulated network, as from a jump box
    Curl(curl::Args),
    /// Remove a scenario's resources
    Destroy(destroy::Args),
    /// Look for problems of this machine and say how to fix them
    Doctor(doctor::Args),
    /// Stop the sandbox
    Down(down::Args),
    /// Print the environment variables that clients need
    Env(env::Args),
    /// Throttle, refuse, slow down or fail requests to the control plane
    Fault(fault::Args),
    /// Run a gateway alone in this process, as a self-hosted one
    Gateway(gateway::Args),
    /// Bring images into the nodes of kind clusters
    Image(image::Args),
    /// Print the kubeconfig of a cluster
    Kubeconfig(kubeconfig::Args),
    /// Print the sandbox's log, or a Pod's
    Logs(logs::Args),
    /// Explain a connection hop by hop, and which rule refuses it
    Path(path::Args),
    /// Show what `apply` would change
    Plan(plan::Args),
    /// Pass connections on to the Docker network, in a container on it
    #[command(hide = true)]
    Relay(relay::Args),
    /// Check, lay out and try policies
    Policy(policy::Args),
    /// List and show scenarios
    Scenario(scenario::Args),
    /// Run the sandbox in this process (what `up` starts in the background)
    #[command(hide = true)]
    Serve(serve::Args),
    /// Show what runs and where
    Status(status::Args),
    /// Run a workload that ends when the sandbox ends
    #[command(hide = true)]
    Supervise(supervise::Args),
    /// Run Terraform on the sandbox
    Terraform(terraform::Args),
    /// Show or change how fast long-running operations progress
    Time(time::Args),
    /// Show what the policies did to a request
    Trace(trace::Args),
    /// List the requests that left a trace
    Traces(traces::Args),
    /// Start the sandbox, deploy a scenario and verify it
    Up(up::Args),
    /// Run a scenario's checks
    Verify(verify::Args),
    /// Print the version
    Version(version::Args),
}

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_arguments_of_other_programs_are_theirs() {
        for (line, expected) in [
            ("apimlab az group list -o json -q", ["group", "list", "-o", "json", "-q"].as_slice()),
            ("apimlab az --help", &["--help"]),
            ("apimlab -q az", &[]),
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("it parses");
            assert!(matches!(cli.command, Command::Az(args) if args.arguments == expected), "{line}");
        }
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in ["apimlab --ports auto status", "apimlab status --ports auto"] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("it parses");
            assert_eq!(cli.global.ports, Some(Ports::Auto), "{line}");
        }
        for line in ["apimlab", "apimlab statsu", "apimlab --ports 80 up", "apimlab status -o xml"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
