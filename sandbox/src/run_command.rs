//! Commands that run beside a cluster: one call of the `kubectl` of this machine each, with the cluster's kubeconfig.
//!
//! <https://learn.microsoft.com/azure/aks/access-private-cluster>. **Differs from Azure:** there is no shell, so that
//! nothing else of this machine can be started; results are forgotten when the sandbox ends.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aks::{CommandEnd, CommandResult};
use sim::Clock;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// How many results are remembered.
const REMEMBERED: usize = 64;
/// How long a command may run.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much of what a command writes is kept.
const MAX_LOGS: u64 = 256 * 1_024;
/// What shells answer when there is no such command.
const NOT_FOUND: i32 = 127;
/// What `timeout` answers.
const TIMED_OUT: i32 = 124;

/// The commands of all clusters.
pub(crate) struct Commands {
    clock: Clock,
    results: Mutex<VecDeque<(String, CommandResult)>>,
}

impl Commands {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self { clock, results: Mutex::default() })
    }

    /// Runs a command in the background.
    pub(crate) fn begin(self: &Arc<Self>, of: (&str, &str), command: &str, kubeconfig: String) {
        let key = key(of);
        let mut results = self.results();
        if results.len() >= REMEMBERED {
            results.pop_front();
        }
        results.push_back((key.clone(), CommandResult { started: self.now(), ended: None }));
        drop(results);
        let (commands, words) = (Arc::clone(self), words(command));
        tokio::spawn(async move {
            let (exit_code, logs) = match words {
                Ok(words) => commands.run(&words, &kubeconfig).await,
                Err(reason) => (NOT_FOUND, reason),
            };
            let ended = CommandEnd { at: commands.now(), exit_code, logs };
            let mut results = commands.results();
            if let Some((_, result)) = results.iter_mut().find(|(other, _)| *other == key) {
                result.ended = Some(ended);
            }
        });
    }

    /// How a command stands.
    pub(crate) fn result(&self, of: (&str, &str)) -> Option<CommandResult> {
        let key = key(of);
        self.results().iter().find(|(other, _)| *other == key).map(|(_, result)| result.clone())
    }

    async fn run(&self, words: &[String], kubeconfig: &str) -> (i32, String) {
        let Some(("kubectl", arguments)) = words.split_first().map(|(first, rest)| (first.as_str(), rest))
        else {
            return (NOT_FOUND, "only commands that begin with `kubectl` can be run here".to_owned());
        };
        let started = Command::new("kubectl")
            .args(arguments)
            .env("KUBECONFIG", kubeconfig)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) => {
                return (NOT_FOUND, format!("kubectl could not be started on this machine: {error}"));
            }
        };
        tokio::select! {
            ended = finish(child) => ended,
            () = self.clock.sleep(PATIENCE) => {
                (TIMED_OUT, format!("the command ran for more than {} seconds", PATIENCE.as_secs()))
            }
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_millis().div_euclid(1_000)
    }

    fn results(&self) -> MutexGuard<'_, VecDeque<(String, CommandResult)>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key((cluster, id): (&str, &str)) -> String {
    format!("{cluster}/{id}").to_lowercase()
}

/// What a command wrote, and how it ended. One that writes too much meets a closed pipe.
async fn finish(mut child: Child) -> (i32, String) {
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let (mut logs, errors) = tokio::join!(read(output), read(errors));
    logs.push_str(&errors);
    let status = child.wait().await.ok().and_then(|status| status.code());
    (status.unwrap_or(-1), logs)
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was read before an error is worth showing.
        drop(stream.take(MAX_LOGS).read_to_end(&mut bytes).await);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The words of a command; what only a shell understands is refused.
fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, '|' | '&' | ';' | '<' | '>' | '`' | '$' | '(' | ')') | (Some('"'), '`' | '$') => {
                return Err(format!(
                    "`{letter}` needs a shell; commands here are one call of kubectl without one"
                ));
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quotation mark is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_does_and_nothing_else_is_done() {
        for (command, expected) in [
            ("kubectl get pods", Ok(vec!["kubectl", "get", "pods"])),
            ("  kubectl  -o 'a b'  \"c d\"", Ok(vec!["kubectl", "-o", "a b", "c d"])),
            (r"kubectl a\ b ''", Ok(vec!["kubectl", "a b", ""])),
            ("kubectl '$(id)'", Ok(vec!["kubectl", "$(id)"])),
            ("kubectl get pods | cat", Err("needs a shell")),
            ("kubectl \"$HOME\"", Err("needs a shell")),
            ("kubectl 'open", Err("not closed")),
        ] {
            match (words(command), expected) {
                (Ok(words), Ok(expected)) => assert_eq!(words, expected, "{command}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{command}: {why}"),
                (found, _) => panic!("{command}: {found:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_kubectl_is_not_started() {
        let commands = Commands::new(Clock::system());
        commands.begin(("/c", "1"), "touch x", String::new());
        for _ in 0..1_000 {
            if let Some(CommandResult { ended: Some(ended), .. }) = commands.result(("/C", "1")) {
                assert_eq!(ended.exit_code, NOT_FOUND);
                assert!(ended.logs.contains("begin with `kubectl`"), "{}", ended.logs);
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the command did not end");
    }
}
