//! Where what Azure sends and takes differs from what it publishes, and why a finding there is none.

use crate::{Body, Finding, Problem};

/// A finding that is right.
struct Difference {
    /// The resource type, or all of them.
    of: Option<&'static str>,
    direction: Direction,
    /// The place, with `[]` for any item and `*` for any name at the end.
    path: &'static str,
    kind: Kind,
    reason: &'static str,
}

/// Requests or answers.
#[derive(PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

/// What is found there.
#[derive(PartialEq, Eq)]
enum Kind {
    Missing,
    Unknown,
    ReadOnly,
    Value,
}

/// Sorted by resource type.
const DIFFERENCES: &[Difference] = &[];

/// Why a finding is no mistake, if it is none.
pub(crate) fn reason(of: &str, direction: Body, finding: &Finding) -> Option<&'static str> {
    let direction = if direction == Body::Answer { Direction::Answer } else { Direction::Request };
    let kind = match finding.problem {
        Problem::Missing => Kind::Missing,
        Problem::Unknown(_) => Kind::Unknown,
        Problem::ReadOnly => Kind::ReadOnly,
        Problem::Value(_) => Kind::Value,
        Problem::WriteOnly | Problem::Kind { .. } => return None,
    };
    let path = without_indices(&finding.path);
    let fits = |difference: &&Difference| {
        difference.of.is_none_or(|name| name.eq_ignore_ascii_case(of))
            && difference.direction == direction
            && difference.kind == kind
            && match difference.path.strip_suffix('*') {
                Some(beginning) => path.starts_with(beginning),
                None => path == difference.path,
            }
    };
    DIFFERENCES.iter().find(fits).map(|difference| difference.reason)
}

/// `subnets[0].name` as `subnets[].name`.
fn without_indices(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let rest = part.split_once(']').map_or("", |(_, rest)| rest);
        format!("{path}[]{rest}")
    })
}
