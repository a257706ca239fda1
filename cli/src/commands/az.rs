//! `apimlab az …`: the real Azure CLI, with the sandbox registered as a cloud and its service principal signed in.
//!
//! <https://learn.microsoft.com/cli/azure/manage-clouds-azure-cli>. The sandbox's state folder holds a configuration
//! of its own, so that the user's sign-ins stay as they are.

use std::fs;
use std::path::Path;

use sandbox::environment::CLIENT_SECRET_FILE;
use sandbox::persistence::AZ_FOLDER;

use super::Context;
use super::env::Program;
use crate::exit::Exit;
use crate::tool::Tool;

/// What `az` takes: everything that the Azure CLI takes.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// The Azure CLI's arguments
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// The name of the cloud in the Azure CLI.
const CLOUD: &str = "apimlab";
/// Who is signed in, and where.
const SIGNED_IN: &str = "signed-in";

/// Signs in if nobody has yet, then becomes the Azure CLI.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let program = ("az", "install the Azure CLI: `pip install azure-cli`, or https://aka.ms/azure-cli");
    let mut az = Tool::new(program, Program::Az, context).await?;
    let folder = context.config.absolute_state_dir();
    az.set("AZURE_CONFIG_DIR", folder.join(AZ_FOLDER).display().to_string());
    az.set("AZURE_CORE_COLLECT_TELEMETRY", "false");
    sign_in(&az, &folder)?;
    Err(az.become_it(&args.arguments).into())
}

/// Once for each sandbox, and again when its ports or its client are others.
fn sign_in(az: &Tool, state: &Path) -> anyhow::Result<()> {
    let folder = state.join(AZ_FOLDER);
    let [arm, tenant, client] =
        ["APIMLAB_ARM_URL", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"].map(|name| az.variable(name));
    let mark = format!("{client} of {tenant} at {arm}\n");
    if fs::read_to_string(folder.join(SIGNED_IN)).is_ok_and(|text| text == mark) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    az.prepare(&["cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", arm])?;
    az.prepare(&["cloud", "set", "--name", CLOUD])?;
    // From its file, because a list of processes shows arguments.
    let secret = format!("@{}", state.join(CLIENT_SECRET_FILE).display());
    let account = ["--service-principal", "--username", client, "--password", &secret, "--tenant", tenant];
    az.prepare(&[&["login"], account.as_slice()].concat())?;
    fs::write(folder.join(SIGNED_IN), mark)?;
    Ok(())
}
