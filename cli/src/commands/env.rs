//! `apimlab env`: the variables that other programs need to use the sandbox as if it were Azure.
//!
//! <https://learn.microsoft.com/azure/developer/intro/authentication-overview> for SDKs,
//! <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs> for Terraform.

use std::collections::BTreeMap;

use clap::ValueEnum;

use super::{Context, status};
use crate::daemon;
use crate::exit::Exit;

/// What `env` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell that reads it
    #[arg(long, default_value = "bash")]
    pub shell: Shell,
    /// The program that needs it [default: all]
    #[arg(long = "for", value_name = "PROGRAM")]
    pub program: Option<Program>,
}

/// How a variable is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash, zsh and other POSIX shells.
    Bash,
    /// fish.
    Fish,
    /// PowerShell.
    Pwsh,
    /// Without `export`.
    #[value(skip)]
    Plain,
}

/// A program that can use the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Program {
    /// The Azure CLI.
    Az,
    /// curl.
    Curl,
    /// The Azure SDK for Go.
    Go,
    /// The Azure SDK for JavaScript.
    #[value(alias = "javascript")]
    Js,
    /// kubectl.
    Kubectl,
    /// The Azure SDK for Python.
    #[value(alias = "py")]
    Python,
    /// Every Azure SDK, and `apimlab --cloud`.
    Sdk,
    /// Terraform with the azurerm, azuread and kubernetes providers.
    Terraform,
}

/// What an SDK's credential and clients read, whichever the language.
const OF_EVERY_SDK: [(&str, &str); 6] = [
    ("APIMLAB_ARM_URL", "APIMLAB_ARM_URL"),
    ("AZURE_AUTHORITY_HOST", "APIMLAB_ARM_URL"),
    ("AZURE_CLIENT_ID", "APIMLAB_CLIENT_ID"),
    ("AZURE_CLIENT_SECRET", "APIMLAB_CLIENT_SECRET"),
    ("AZURE_SUBSCRIPTION_ID", "APIMLAB_SUBSCRIPTION_ID"),
    ("AZURE_TENANT_ID", "APIMLAB_TENANT_ID"),
];

/// What the variables do not reach: each SDK takes its endpoint and audience as arguments, and asks the public login
/// host about the authority unless it is told not to.
const PYTHON: &str = "\
# credential = EnvironmentCredential(disable_instance_discovery=True)
# arm = os.environ[\"APIMLAB_ARM_URL\"]
# NetworkManagementClient(credential, os.environ[\"AZURE_SUBSCRIPTION_ID\"], base_url=arm, credential_scopes=[arm + \"/.default\"])
";
const JAVASCRIPT: &str = "\
# const credential = new EnvironmentCredential({ disableInstanceDiscovery: true });
# const arm = process.env.APIMLAB_ARM_URL;
# new NetworkManagementClient(credential, process.env.AZURE_SUBSCRIPTION_ID, { endpoint: arm, credentials: { scopes: [arm + \"/.default\"] } });
";
const GO: &str = "\
# url := os.Getenv(\"APIMLAB_ARM_URL\")
# services := map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: url, Audience: url}}
# sandbox := cloud.Configuration{ActiveDirectoryAuthorityHost: url, Services: services}
# options := azcore.ClientOptions{Cloud: sandbox}
# azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
# armnetwork.NewClientFactory(os.Getenv(\"AZURE_SUBSCRIPTION_ID\"), credential, &arm.ClientOptions{ClientOptions: options})
";

/// Prints.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let status = running.admin.status().await?;
    let known = status::variables(&context.config.absolute_state_dir(), &running.settings, &status);
    let programs = args.program.map_or_else(|| Program::value_variants().to_vec(), |program| vec![program]);
    let mut wanted = BTreeMap::new();
    for program in &programs {
        wanted.extend(program.variables(&known));
    }
    if args.program.is_none() {
        wanted.extend(known.clone());
    }
    let lines = wanted.iter().map(|(name, value)| assignment(args.shell, name, value));
    let mut text: String = lines.collect();
    for note in programs.iter().filter_map(|program| program.note(&known)) {
        text += &note;
    }
    context.report.data(&text);
    Ok(Exit::Done)
}

impl Program {
    /// The variables that it reads, from those that describe the sandbox.
    pub fn variables(self, known: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
        let pick = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().filter_map(|(name, from)| Some((*name, known.get(from)?.clone()))).collect()
        };
        let sdk = |more: &[(&'static str, &'static str)]| pick(&[&OF_EVERY_SDK, more].concat());
        match self {
            Self::Az => {
                let mut variables: BTreeMap<_, _> = pick(&[
                    ("REQUESTS_CA_BUNDLE", "APIMLAB_CA_BUNDLE_FILE"),
                    ("AZURE_CLIENT_ID", "APIMLAB_CLIENT_ID"),
                    ("AZURE_CLIENT_SECRET", "APIMLAB_CLIENT_SECRET"),
                    ("AZURE_TENANT_ID", "APIMLAB_TENANT_ID"),
                    ("APIMLAB_ARM_URL", "APIMLAB_ARM_URL"),
                ]);
                // Otherwise az asks the public login host about this authority, and fails offline.
                variables.insert("AZURE_CORE_INSTANCE_DISCOVERY", "false".to_owned());
                variables
            }
            Self::Terraform => {
                let mut variables: BTreeMap<_, _> = pick(&[
                    ("ARM_CLIENT_ID", "APIMLAB_CLIENT_ID"),
                    ("ARM_CLIENT_SECRET", "APIMLAB_CLIENT_SECRET"),
                    ("ARM_SUBSCRIPTION_ID", "APIMLAB_SUBSCRIPTION_ID"),
                    ("ARM_TENANT_ID", "APIMLAB_TENANT_ID"),
                    ("KUBE_CONFIG_PATH", "KUBECONFIG"),
                    ("SSL_CERT_FILE", "APIMLAB_CA_BUNDLE_FILE"),
                ]);
                let host =
                    known.get("APIMLAB_ARM_URL").map(|url| url.trim_start_matches("https://").to_owned());
                variables.extend(host.map(|host| ("ARM_METADATA_HOSTNAME", host)));
                variables
            }
            Self::Go => sdk(&[("SSL_CERT_FILE", "APIMLAB_CA_BUNDLE_FILE")]),
            Self::Js => sdk(&[("NODE_EXTRA_CA_CERTS", "APIMLAB_CA_FILE")]),
            Self::Python => sdk(&[("REQUESTS_CA_BUNDLE", "APIMLAB_CA_BUNDLE_FILE")]),
            Self::Sdk => sdk(&[
                ("NODE_EXTRA_CA_CERTS", "APIMLAB_CA_FILE"),
                ("REQUESTS_CA_BUNDLE", "APIMLAB_CA_BUNDLE_FILE"),
                ("SSL_CERT_FILE", "APIMLAB_CA_BUNDLE_FILE"),
            ]),
            Self::Kubectl => pick(&[("KUBECONFIG", "KUBECONFIG")]),
            Self::Curl => pick(&[
                ("APIMLAB_GATEWAY_HTTPS_URL", "APIMLAB_GATEWAY_HTTPS_URL"),
                ("APIMLAB_GATEWAY_URL", "APIMLAB_GATEWAY_URL"),
                ("CURL_CA_BUNDLE", "APIMLAB_CA_BUNDLE_FILE"),
            ]),
        }
    }

    /// What variables alone do not do, as a comment.
    fn note(self, known: &BTreeMap<&'static str, String>) -> Option<String> {
        let arm = known.get("APIMLAB_ARM_URL")?;
        match self {
            Self::Az => Some(format!(
                "# az needs to be told once about this cloud:\n\
                 # az cloud register --name apimlab --endpoint-resource-manager {arm}\n\
                 # az cloud set --name apimlab\n\
                 # az login --service-principal --username \"$AZURE_CLIENT_ID\" --password \"$AZURE_CLIENT_SECRET\" \
                 --tenant \"$AZURE_TENANT_ID\"\n"
            )),
            Self::Go => Some(GO.to_owned()),
            Self::Js => Some(JAVASCRIPT.to_owned()),
            Self::Python => Some(PYTHON.to_owned()),
            Self::Curl | Self::Kubectl | Self::Sdk | Self::Terraform => None,
        }
    }
}

/// A line that sets a variable.
pub fn assignment(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Plain => format!("{name}={}\n", quoted(value)),
        Shell::Bash => format!("export {name}={}\n", quoted(value)),
        Shell::Fish => format!("set -gx {name} '{}'\n", value.replace('\\', "\\\\").replace('\'', "\\'")),
        Shell::Pwsh => format!("$Env:{name} = '{}'\n", value.replace('\'', "''")),
    }
}

/// Quoted for a POSIX shell where quotes are needed.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_their_shell() {
        let cases = [
            (Shell::Plain, "http://127.0.0.1:1", "K=http://127.0.0.1:1\n"),
            (Shell::Plain, "", "K=''\n"),
            (Shell::Bash, "a b", "export K='a b'\n"),
            (Shell::Bash, "it's", "export K='it'\\''s'\n"),
            (Shell::Fish, "it's", "set -gx K 'it\\'s'\n"),
            (Shell::Pwsh, "it's $x", "$Env:K = 'it''s $x'\n"),
        ];
        for (shell, value, expected) in cases {
            assert_eq!(assignment(shell, "K", value), expected);
        }
    }

    #[test]
    fn each_sdk_trusts_the_sandbox_in_its_own_way() {
        let known = BTreeMap::from([
            ("APIMLAB_ARM_URL", "https://127.0.0.1:4782".to_owned()),
            ("APIMLAB_CA_BUNDLE_FILE", "/s/bundle.pem".to_owned()),
            ("APIMLAB_CA_FILE", "/s/ca.pem".to_owned()),
        ]);
        let cases = [
            (Program::Go, "SSL_CERT_FILE", "/s/bundle.pem"),
            (Program::Js, "NODE_EXTRA_CA_CERTS", "/s/ca.pem"),
            (Program::Python, "REQUESTS_CA_BUNDLE", "/s/bundle.pem"),
        ];
        for (program, name, file) in cases {
            let variables = program.variables(&known);
            let expected = [
                ("APIMLAB_ARM_URL", "https://127.0.0.1:4782"),
                ("AZURE_AUTHORITY_HOST", "https://127.0.0.1:4782"),
                (name, file),
            ];
            let expected = expected.map(|(name, value)| (name, value.to_owned()));
            assert_eq!(variables, BTreeMap::from(expected), "{program:?}");
            assert!(program.note(&known).is_some_and(|note| note.contains("APIMLAB_ARM_URL")), "{program:?}");
        }
    }

    #[test]
    fn terraform_gets_the_host_without_a_scheme() {
        let known = BTreeMap::from([("APIMLAB_ARM_URL", "https://127.0.0.1:4782".to_owned())]);
        let variables = Program::Terraform.variables(&known);
        assert_eq!(variables.get("ARM_METADATA_HOSTNAME").map(String::as_str), Some("127.0.0.1:4782"));
    }
}
