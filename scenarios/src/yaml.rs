//! Reads YAML that somebody wrote: bounded, and every problem with its place and a hint.

use diagnostic::Diagnostic;
use serde::de::DeserializeOwned;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, MessageFormatter, Options, UserMessageFormatter};

use crate::{codes, located, source, suggest};

/// Reads the one document of `text`.
///
/// # Errors
/// What is wrong with it, where it is wrong.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Diagnostic> {
    bounded(name, text)?;
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| explain(&error, text).of(name))
}

/// Reads all documents of `text`.
pub(crate) fn read_all<T: DeserializeOwned>(name: &str, text: &str) -> Result<Vec<T>, Diagnostic> {
    bounded(name, text)?;
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| explain(&error, text).of(name))
}

fn bounded(name: &str, text: &str) -> Result<(), Diagnostic> {
    if text.len() as u64 <= source::MAX_FILE_BYTES {
        return Ok(());
    }
    let limit = source::MAX_FILE_BYTES / 1024;
    Err(beyond(format!("the file is larger than {limit} KiB")).of(name))
}

fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        strict_booleans: true,
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
        },
        budget: serde_saphyr::budget! {
            max_nodes: 50_000,
            max_events: 200_000,
            max_depth: 48,
            max_aliases: 256,
            max_anchors: 256,
            max_documents: 256,
        },
    }
}

/// Code, message, hint and place of an error of the reader.
fn explain(error: &Error, text: &str) -> Diagnostic {
    if let Error::WithSnippet { error, .. } | Error::AliasError { error, .. } = error {
        return explain(error, text);
    }
    let problem = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            Diagnostic::new(codes::UNKNOWN_KEY, format!("unknown key `{}`", clipped(field)))
                .help(suggest::did_you_mean(field, expected.iter().copied()))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            Diagnostic::new(codes::UNKNOWN_VALUE, format!("`{}` is not possible here", clipped(variant)))
                .help(suggest::did_you_mean(variant, expected.iter().copied()))
        }
        Error::SerdeMissingField { field, .. } => {
            Diagnostic::new(codes::MISSING_KEY, format!("the key `{field}` is missing"))
                .help(format!("add `{field}: …` to the block that this line belongs to"))
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key
                .as_deref()
                .map_or_else(|| "a key".to_owned(), |key| format!("the key `{}`", clipped(key)));
            Diagnostic::new(codes::DUPLICATE_KEY, format!("{key} is written twice"))
                .help("keep one of the two; lists are written with `-`")
        }
        other => wrong_type(other).or_else(|| too_large(other)).unwrap_or_else(|| syntax(other)),
    };
    match error.location() {
        Some(location) if location.line() > 0 => problem.at(text, located::bytes(location, text)),
        _ => problem,
    }
}

fn wrong_type(error: &Error) -> Option<Diagnostic> {
    let message = match error {
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("expected {expected}, found {unexpected}")
        }
        Error::InvalidScalar { ty, .. } => format!("expected {}", kind(ty)),
        Error::Unexpected { expected, .. } => format!("expected {}", kind(expected)),
        Error::InvalidBooleanStrict { .. } => "expected `true` or `false`".to_owned(),
        Error::NullIntoString { .. } => "expected a text, found nothing".to_owned(),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | Error::ExpectedStringKeyForExternallyTaggedEnum { .. }
        | Error::ExpectedMappingEndAfterEnumVariantValue { .. } => "expected one key with a value".to_owned(),
        _ => return None,
    };
    let help = "`apimlab scenario schema` prints the JSON Schema of scenario files";
    Some(Diagnostic::new(codes::WRONG_TYPE, message).help(help))
}

fn too_large(error: &Error) -> Option<Diagnostic> {
    let message = match error {
        Error::Budget { .. } => "the file is too large or too deeply nested",
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            "the aliases of the file multiply into too many values"
        }
        _ => return None,
    };
    Some(beyond(message))
}

fn beyond(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::TOO_LARGE, message).help("write the values out, or split the file")
}

fn syntax(error: &Error) -> Diagnostic {
    let message = UserMessageFormatter.format_message(error).into_owned();
    // The parser below has a limit of its own and no kind of error for it.
    if message.contains("recursion limit") {
        return beyond("the file is too large or too deeply nested");
    }
    Diagnostic::new(codes::SYNTAX, format!("this is no YAML: {message}"))
        .help("look at indentation (spaces, no tabs), quotes and colons on this line and the one before")
}

/// A Rust type as people call it.
fn kind(name: &str) -> String {
    match name {
        "bool" => "`true` or `false`".to_owned(),
        "string scalar" => "a text".to_owned(),
        "mapping start" => "keys with values".to_owned(),
        "sequence start" => "a list".to_owned(),
        name if name.starts_with(['u', 'i']) => "a whole number".to_owned(),
        name if name.starts_with('f') => "a number".to_owned(),
        name => name.to_owned(),
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(80).collect()
}
