//! Which Azure a command works on: the sandbox unless the user says otherwise. What works on it does not know.

use std::path::PathBuf;

use cloud::{Client, Environment};
use sandbox::environment::ENVIRONMENT_FILE;

use crate::commands::Context;
use crate::daemon::{self, Running};
use crate::exit::{Exit, Failure};

/// Flags that choose the target.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TargetArgs {
    /// Work on Azure instead of the sandbox
    #[arg(long)]
    pub cloud: bool,
    /// The Azure subscription to work in
    #[arg(long, value_name = "ID", requires = "cloud")]
    pub subscription: Option<String>,
    /// A file with the endpoints and the credential of another Azure (see `environment.json` of a sandbox)
    #[arg(long, value_name = "FILE", requires = "cloud")]
    pub environment: Option<PathBuf>,
}

/// An Azure to work on.
#[derive(Clone)]
pub struct Target {
    /// The client of it.
    pub client: Client,
    /// The sandbox, if it is the one of the state folder.
    pub sandbox: Option<Running>,
}

impl TargetArgs {
    /// The target: Azure, another environment, or the running sandbox.
    pub async fn resolve(&self, context: &Context) -> anyhow::Result<Target> {
        if !self.cloud {
            return Target::sandbox(context, daemon::expect(&context.config).await?);
        }
        let environment = match (&self.environment, &self.subscription) {
            (None, None) => {
                let message = "Azure needs a subscription to work in";
                let help = "add `--subscription ID`; `az account list -o table` shows the ids";
                return Err(Failure::new(Exit::Usage, message).help(help).into());
            }
            (None, Some(subscription)) => Environment::azure(subscription),
            (Some(file), subscription) => {
                let mut environment = Environment::load(file)?;
                if let Some(subscription) = subscription {
                    environment.subscription_id.clone_from(subscription);
                }
                environment
            }
        };
        Ok(Target { client: connect(context, environment)?, sandbox: None })
    }
}

impl Target {
    /// The running sandbox.
    pub fn sandbox(context: &Context, running: Running) -> anyhow::Result<Self> {
        let environment = Environment::load(&context.config.state_dir.join(ENVIRONMENT_FILE))?;
        Ok(Self { client: connect(context, environment)?, sandbox: Some(running) })
    }

    /// The subscription that is worked in.
    pub fn subscription(&self) -> &str {
        &self.client.environment().subscription_id
    }
}

fn connect(context: &Context, environment: Environment) -> Result<Client, cloud::Error> {
    Client::connect(environment, &context.config.variables, context.clock.clone())
}
