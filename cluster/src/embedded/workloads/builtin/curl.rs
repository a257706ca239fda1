//! `curlimages/curl`: one HTTP request from inside the cluster, through the virtual network.
//! <https://curl.se/docs/manpage.html>
//!
//! The options are in [`super::super::curl::Arguments`]. `sh -c "curl …"` works for one plain command.

use super::{Builtin, JobEnd, Run};
use crate::embedded::workloads::container::Instance;
use crate::embedded::workloads::curl::{self, Arguments};
use crate::embedded::workloads::server::BoxFuture;

pub const BUILTIN: Builtin = Builtin {
    name: "curl",
    images: &["curlimages/curl"],
    commands: &["curl", "sh", "/bin/sh"],
    run: Run::Job(run),
};

fn run(instance: Instance) -> BoxFuture<'static, JobEnd> {
    Box::pin(async move {
        let given: Vec<String> = instance.spec.command.iter().chain(&instance.spec.args).cloned().collect();
        let words = match command_line(&given) {
            Ok(words) => words,
            Err(message) => {
                instance.log.write(&message);
                return JobEnd { code: 127, message };
            }
        };
        let mut output = instance.log.line_writer();
        match Arguments::parse(&words) {
            Ok(arguments) => curl::run(&arguments, &instance, &mut output).await,
            Err(message) => {
                output.write(format!("{message}\n").as_bytes());
                JobEnd { code: 2, message }
            }
        }
    })
}

/// The arguments of `curl` in a container's command and arguments.
fn command_line(given: &[String]) -> Result<Vec<String>, String> {
    match given {
        [shell, flag, script] if matches!(shell.as_str(), "sh" | "/bin/sh") && flag == "-c" => {
            let words = words(script)?;
            match words.split_first() {
                Some((first, rest)) if first == "curl" => Ok(rest.to_vec()),
                _ => Err(format!("sh: `{script}`: the sandbox's curl image runs `curl` and nothing else")),
            }
        }
        [first, rest @ ..] if first == "curl" => Ok(rest.to_vec()),
        [first, ..] if matches!(first.as_str(), "sh" | "/bin/sh") => {
            Err("sh: only `sh -c \"curl …\"` works in the sandbox's curl image".to_owned())
        }
        words => Ok(words.to_vec()),
    }
}

/// Splits a shell command without anything that only a shell can do.
fn words(script: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote, mut in_word) = (Vec::new(), String::new(), None, false);
    for c in script.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, in_word) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if in_word {
                    words.push(std::mem::take(&mut word));
                }
                in_word = false;
            }
            (None, '|' | ';' | '&' | '<' | '>' | '$' | '`' | '(' | '\\') => {
                return Err(format!(
                    "sh: the sandbox's curl image has no shell: `{c}` in `{script}` cannot be done"
                ));
            }
            (None, c) => (in_word, word) = (true, word + &c.to_string()),
        }
    }
    if in_word {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curl_is_found_in_commands_arguments_and_plain_scripts() {
        for (given, expected) in [
            (&["curl", "-s", "http://a"][..], Ok(&["-s", "http://a"][..])),
            (&["-s", "http://a"], Ok(&["-s", "http://a"])),
            (
                &["sh", "-c", "curl -w '%{http_code} x' \"http://a/?b&c\""],
                Ok(&["-w", "%{http_code} x", "http://a/?b&c"]),
            ),
            (&["sh", "-c", "curl http://a | jq ."], Err("no shell")),
            (&["sh", "-c", "wget http://a"], Err("nothing else")),
        ] {
            let given: Vec<String> = given.iter().map(|word| (*word).to_owned()).collect();
            match (command_line(&given), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, expected) => panic!("{given:?}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
