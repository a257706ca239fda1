//! How the program ends: the numbers that scripts decide by.

use std::process::ExitCode;

/// What an exit code says. The numbers from 64 on follow `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It ran, and what was checked or made is not right.
    Wrong = 1,
    /// Only with `plan --detailed-exitcode`: something would be changed.
    Differences = 2,
    /// The command line is wrong.
    Usage = 64,
    /// A file of the user is wrong.
    BadInput = 65,
    /// Something that is needed is missing: a port, a running sandbox, a network.
    Missing = 69,
    /// A bug in this program.
    Bug = 70,
    /// It took too long; the same command may work later.
    TimedOut = 75,
    /// The user interrupted it.
    Interrupted = 130,
}

/// Something that the user can do something about.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How the program ends because of it.
    pub exit: Exit,
    /// What went wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Exit {
    /// How the program ends because of an error.
    pub fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(Self::of_cause).unwrap_or(Self::Wrong)
    }

    fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return Some(failure.exit);
        }
        if cause.is::<scenarios::LoadError>() {
            return Some(Self::BadInput);
        }
        if let Some(error) = cause.downcast_ref::<cloud::Error>() {
            return Some(Self::of_cloud(error));
        }
        if let Some(error) = cause.downcast_ref::<sandbox::KindError>() {
            return Some(Self::of_kind(error));
        }
        if let Some(error) = cause.downcast_ref::<sandbox::self_hosted::Error>() {
            return Some(Self::of_gateway(error));
        }
        cause.downcast_ref::<sandbox::Error>().map(Self::of_sandbox)
    }

    /// A taken port, a folder that cannot be written: something needed is missing. Text that cannot be read is
    /// bad input.
    pub fn of_sandbox(error: &sandbox::Error) -> Self {
        match error {
            sandbox::Error::OnlyKind(_) => Self::Usage,
            sandbox::Error::Damaged { .. } => Self::BadInput,
            sandbox::Error::OtherFiles { .. } => Self::Wrong,
            _ => Self::Missing,
        }
    }

    fn of_gateway(error: &sandbox::self_hosted::Error) -> Self {
        use sandbox::self_hosted::Error;
        match error {
            Error::Unreadable(_) | Error::Refused(_) => Self::BadInput,
            _ => Self::Missing,
        }
    }

    fn of_kind(error: &sandbox::KindError) -> Self {
        match error {
            sandbox::KindError::Bundle { .. } => Self::BadInput,
            sandbox::KindError::ImageName(_) | sandbox::KindError::ImageUntagged(_) => Self::Usage,
            _ => Self::Missing,
        }
    }

    fn of_cloud(error: &cloud::Error) -> Self {
        match error {
            error if error.is_timeout() => Self::TimedOut,
            cloud::Error::EnvironmentFile(_) => Self::BadInput,
            cloud::Error::Environment { .. }
            | cloud::Error::File { .. }
            | cloud::Error::Credential { .. }
            | cloud::Error::Transport { .. } => Self::Missing,
            _ => Self::Wrong,
        }
    }

    /// The code with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        const ALL: [Exit; 9] = [
            Exit::Done,
            Exit::Wrong,
            Exit::Differences,
            Exit::Usage,
            Exit::BadInput,
            Exit::Missing,
            Exit::Bug,
            Exit::TimedOut,
            Exit::Interrupted,
        ];
        ALL.into_iter().find(|exit| exit.number() == number)
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_end_the_program_with_the_documented_codes() {
        let port = sandbox::Error::PortTaken { port: 4780, endpoint: sandbox::Endpoint::Gateway };
        let transport = cloud::Error::Transport {
            method: "GET".to_owned(),
            url: "https://x".to_owned(),
            reason: "refused".to_owned(),
        };
        let cases = [
            (anyhow::Error::new(port), Exit::Missing),
            (anyhow::Error::new(transport).context("deploying"), Exit::Missing),
            (anyhow::Error::new(Failure::new(Exit::TimedOut, "late")), Exit::TimedOut),
            (anyhow::Error::new(sandbox::KindError::ImageName("UPPER".to_owned())), Exit::Usage),
            (anyhow::Error::new(sandbox::KindError::ImageNotHere("a:1".to_owned())), Exit::Missing),
            (anyhow::anyhow!("something else"), Exit::Wrong),
        ];
        for (error, expected) in cases {
            assert_eq!(Exit::of(&error), expected, "{error:#}");
        }
        let missing = scenarios::load("no/such/scenario").expect_err("it does not exist");
        assert_eq!(Exit::of(&anyhow::Error::new(missing)).number(), 65);
        assert_eq!(Exit::from_number(69), Some(Exit::Missing));
        assert_eq!(Exit::from_number(3), None);
    }
}
