//! `apimlab terraform …`: the real Terraform, with its providers pointed at the sandbox.
//!
//! <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs#metadata_host>. What the configuration itself
//! says about endpoints wins.

use super::Context;
use super::env::Program;
use crate::exit::Exit;
use crate::tool::Tool;

/// What `terraform` takes: everything that Terraform takes.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// Terraform's arguments
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Becomes Terraform.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let program = ("terraform", "install Terraform: https://developer.hashicorp.com/terraform/install");
    let terraform = Tool::new(program, Program::Terraform, context).await?;
    Err(terraform.become_it(&args.arguments).into())
}
