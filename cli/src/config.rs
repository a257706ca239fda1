//! What the command line and the process environment say together. The only reader of the environment.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use sandbox::{Machine, Ports, Redis};

use crate::args::Global;
use crate::exit::{Exit, Failure};

/// The variable that names a Redis: unlike flags, it is not in the list of processes.
pub const REDIS: &str = "APIMLAB_REDIS";

/// Settings of one run of the program.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the sandbox's state is.
    pub state_dir: PathBuf,
    /// Which ports a new sandbox takes.
    pub ports: Ports,
    /// Colours are wanted where a terminal can show them.
    pub colour: bool,
    /// Only data and problems are printed.
    pub quiet: bool,
    /// The Redis that a new gateway counts in, unless a flag names one.
    pub redis: Option<Redis>,
    /// The process environment, as far as credentials and `doctor` need it.
    pub variables: BTreeMap<String, String>,
}

/// Variables that `doctor` and the kind back end look at beside the credentials.
const LOOKED_AT: [&str; 11] = [
    "DOCKER_HOST",
    "HOME",
    "KUBECONFIG",
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "ALL_PROXY",
];

/// Variables of proxies, in both spellings.
const PROXIES: [(&str, &str); 3] =
    [("HTTP_PROXY", "http_proxy"), ("HTTPS_PROXY", "https_proxy"), ("NO_PROXY", "no_proxy")];

impl Config {
    /// Flags win over the environment, the environment over defaults.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]
    pub fn read(global: &Global) -> Result<Self, Failure> {
        Self::from_variables(global, &|name| env::var(name).ok().filter(|value| !value.is_empty()))
            .map(|config| Self { variables: kept(env::vars_os().filter_map(text)), ..config })
    }

    fn from_variables(global: &Global, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let ports = match (global.ports, variable("APIMLAB_PORTS")) {
            (Some(ports), _) => ports,
            (None, Some(text)) => text.parse().map_err(|reason| {
                Failure::new(Exit::Usage, format!("APIMLAB_PORTS is `{text}`: {reason}"))
            })?,
            (None, None) => Ports::default(),
        };
        let state_dir = global.state_dir.clone().or_else(|| variable("APIMLAB_STATE_DIR").map(PathBuf::from));
        let redis = variable(REDIS).map(|text| {
            text.parse().map_err(|reason| Failure::new(Exit::Usage, format!("{REDIS} is no Redis: {reason}")))
        });
        let plain = global.no_color
            || variable("NO_COLOR").is_some()
            || variable("TERM").is_some_and(|term| term == "dumb");
        Ok(Self {
            state_dir: state_dir.map_or_else(|| default_state_dir(variable), Ok)?,
            ports,
            colour: !plain,
            quiet: global.quiet,
            redis: redis.transpose()?,
            variables: BTreeMap::new(),
        })
    }

    /// What the kind back end needs to know of this machine.
    pub fn machine(&self) -> Machine {
        let variable = |name: &str| self.variables.get(name).filter(|value| !value.is_empty()).cloned();
        let home = variable("HOME").map(PathBuf::from);
        // kubectl writes into the first of several files. The sandbox's own, which `apimlab env` names, are not the user's.
        let own = self.absolute_state_dir();
        let named = variable("KUBECONFIG")
            .and_then(|files| env::split_paths(&files).find(|file| !file.starts_with(&own)));
        let proxy = PROXIES.iter().filter_map(|(name, other)| {
            Some(((*name).to_owned(), variable(name).or_else(|| variable(other))?))
        });
        Machine {
            engine: variable("DOCKER_HOST"),
            kubeconfig: named.or_else(|| home.as_ref().map(|home| home.join(".kube/config"))),
            home,
            proxy: proxy.collect(),
            linux_program: linux_program(),
        }
    }

    /// The state folder as an absolute path, so that a background process finds it from anywhere.
    pub fn absolute_state_dir(&self) -> PathBuf {
        std::path::absolute(&self.state_dir).unwrap_or_else(|_| self.state_dir.clone())
    }
}

/// This program, or on another system its Linux twin beside it.
fn linux_program() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    if cfg!(target_os = "linux") {
        return Some(own);
    }
    Some(own.with_file_name("apimlab-linux")).filter(|twin| twin.is_file())
}

/// <https://specifications.freedesktop.org/basedir-spec/latest/>
fn default_state_dir(variable: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, Failure> {
    let base = variable("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    base.map(|base| base.join("apimlab/default")).ok_or_else(|| {
        Failure::new(Exit::Missing, "there is no HOME to keep the sandbox's state in")
            .help("name a folder with `--state-dir DIR`")
    })
}

fn text((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn kept(variables: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    variables.filter(|(name, _)| name.starts_with("AZURE_") || LOOKED_AT.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    type Case<'a> = (&'a Global, &'a [(&'a str, &'a str)], &'a str, Ports);

    fn read(global: &Global, variables: &[(&str, &str)]) -> Result<Config, Failure> {
        let find = |name: &str| {
            let found = variables.iter().find(|(candidate, _)| *candidate == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::from_variables(global, &find)
    }

    #[test]
    fn flags_win_over_variables_and_variables_over_defaults() {
        let none = Global::default();
        let flags =
            Global { state_dir: Some("/flag".into()), ports: Some(Ports::Base(5000)), ..Global::default() };
        let variables = [("APIMLAB_STATE_DIR", "/variable"), ("APIMLAB_PORTS", "auto"), ("HOME", "/home/me")];
        let cases: [Case<'_>; 4] = [
            (&flags, &variables, "/flag", Ports::Base(5000)),
            (&none, &variables, "/variable", Ports::Auto),
            (&none, &variables[2..], "/home/me/.local/state/apimlab/default", Ports::Remembered),
            (&none, &[("XDG_STATE_HOME", "/x")], "/x/apimlab/default", Ports::Remembered),
        ];
        for (global, variables, state_dir, ports) in cases {
            let config = read(global, variables).expect("it can be read");
            assert_eq!((config.state_dir.as_path(), config.ports), (Path::new(state_dir), ports));
        }
    }

    #[test]
    fn bad_or_missing_variables_are_reported() {
        let none = Global::default();
        let bad = read(&none, &[("APIMLAB_PORTS", "many"), ("HOME", "/")]).expect_err("bad ports");
        assert_eq!(bad.exit, Exit::Usage);
        let homeless = read(&none, &[]).expect_err("no home");
        assert!(homeless.help.is_some_and(|help| help.contains("--state-dir")));
    }

    #[test]
    fn colours_are_off_when_anything_says_so() {
        for (flag, variable) in [(true, ("X", "")), (false, ("NO_COLOR", "1")), (false, ("TERM", "dumb"))] {
            let global = Global { no_color: flag, ..Global::default() };
            assert!(!read(&global, &[variable, ("HOME", "/")]).expect("readable").colour, "{variable:?}");
        }
    }

    #[test]
    fn kind_clusters_are_merged_into_the_users_file_only() {
        let cases = [
            (&[("HOME", "/me")][..], Some("/me/.kube/config")),
            (&[("HOME", "/me"), ("KUBECONFIG", "/a:/b")], Some("/a")),
            (&[("HOME", "/me"), ("KUBECONFIG", "/state/kubeconfig/c.yaml:/b")], Some("/b")),
            (&[("HOME", "/me"), ("KUBECONFIG", "/state/kubeconfig/c.yaml")], Some("/me/.kube/config")),
            (&[], None),
        ];
        for (variables, expected) in cases {
            let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let global = Global { state_dir: Some("/state".into()), ..Global::default() };
            let config = Config { variables: owned.collect(), ..read(&global, &[]).expect("readable") };
            assert_eq!(config.machine().kubeconfig.as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn only_what_is_needed_of_the_environment_is_kept() {
        let all = [("AZURE_CLIENT_ID", "x"), ("PATH", "/bin"), ("SECRET", "y")];
        let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(kept(all.into_iter()).into_keys().collect::<Vec<_>>(), ["AZURE_CLIENT_ID", "PATH"]);
    }
}
