//! What a refusal means: try again for a while, take it as done, or explain.
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>

use std::time::Duration;

use crate::Error;

/// New principals and applications take a while to be known everywhere.
const REPLICATION: Duration = Duration::from_mins(2);
/// Another request about the same resource ends at some time.
const OTHER_OPERATION: Duration = Duration::from_mins(45);

/// Whether the principal that a request names was made a moment ago, by this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal {
    Fresh,
    Settled,
}

/// What to do about an error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The same request again, until this much time has passed.
    Repeat(Duration),
    /// What was wanted is there.
    Adopt,
    /// Nothing; this text is added to the message if there is one.
    Stop(Option<&'static str>),
}

/// A refusal that is understood.
struct Row {
    codes: &'static [&'static str],
    /// The message holds one of these; empty for any message.
    texts: &'static [&'static str],
    reaction: Reaction,
}

const ROWS: &[Row] = &[
    Row { codes: &["RoleAssignmentExists"], texts: &[], reaction: Reaction::Adopt },
    Row {
        codes: &[
            "AnotherOperationInProgress",
            "RetryableErrorDueToAnotherOperation",
            "ResourceGroupBeingDeleted",
        ],
        texts: &[],
        reaction: Reaction::Repeat(OTHER_OPERATION),
    },
    Row {
        codes: &["PessimisticConcurrencyConflict"],
        texts: &[],
        reaction: Reaction::Repeat(OTHER_OPERATION),
    },
    Row {
        codes: &[
            "Conflict",
            "OperationNotAllowed",
            "EtagMismatch",
            "ManagementApiRequestFailed",
            "ServiceUpdating",
        ],
        texts: &["in progress", "transitioning", "is updating"],
        reaction: Reaction::Repeat(OTHER_OPERATION),
    },
    Row {
        codes: &["ServiceAlreadyExistsInSoftDeletedState"],
        texts: &[],
        reaction: Reaction::Stop(Some(
            "purge it with `az apim deletedservice purge --service-name NAME --location LOCATION`, or choose another name",
        )),
    },
    Row {
        codes: &["AuthorizationFailed", "LinkedAuthorizationFailed"],
        texts: &[],
        reaction: Reaction::Stop(Some(
            "ask for a role that allows the action at that scope (`az role assignment create`), then run the same command again",
        )),
    },
    Row {
        codes: &["RequestDisallowedByPolicy"],
        texts: &[],
        reaction: Reaction::Stop(Some(
            "an Azure Policy assignment forbids it; choose another location, size or name",
        )),
    },
    Row {
        codes: &["MissingSubscriptionRegistration"],
        texts: &[],
        reaction: Reaction::Stop(Some("register it once with `az provider register --namespace NAMESPACE`")),
    },
    Row {
        codes: &["InvalidResourceGroupLocation"],
        texts: &[],
        reaction: Reaction::Stop(Some("use the group's location, or another group name")),
    },
];

/// What to do about `error`.
pub(super) fn reaction(error: &Error, principal: Principal) -> Reaction {
    let Error::Refused { status, code, message, .. } = error else { return Reaction::Stop(None) };
    if principal == Principal::Fresh && is_replication(*status, code, message) {
        return Reaction::Repeat(REPLICATION);
    }
    let row = ROWS.iter().find(|row| {
        row.codes.iter().any(|known| known.eq_ignore_ascii_case(code))
            && (row.texts.is_empty() || row.texts.iter().any(|text| message.contains(text)))
    });
    match row.map(|row| &row.reaction) {
        Some(Reaction::Repeat(bound)) => Reaction::Repeat(*bound),
        Some(Reaction::Adopt) => Reaction::Adopt,
        Some(Reaction::Stop(help)) => Reaction::Stop(*help),
        None => Reaction::Stop(None),
    }
}

/// The directory does not know a new principal yet. Where the message says which principal was meant, another id
/// was given, and no time will mend that.
fn is_replication(status: u16, code: &str, message: &str) -> bool {
    let says_who_was_meant = message.contains("service principal") || message.contains("apimlab:");
    match code {
        "PrincipalNotFound" => !says_who_was_meant,
        "Request_ResourceNotFound" | "ServicePrincipalNotFound" => true,
        _ => status == 400 && message.contains("not found in Active Directory tenant"),
    }
}

/// The error with what is known about it.
pub(super) fn explained(error: Error, help: Option<&str>) -> Error {
    match (error, help) {
        (Error::Refused { status, method, path, code, message }, Some(help)) => {
            Error::Refused { status, method, path, code, message: format!("{message} — {help}") }
        }
        (error, _) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, message: &str, principal: Principal, expected: &Reaction) {
        let error = Error::Refused {
            status: 400,
            method: "PUT".to_owned(),
            path: "/x".to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(reaction(&error, principal), *expected, "{code}: {message}");
    }

    #[test]
    fn refusals_are_waited_out_adopted_or_explained() {
        let (fresh, settled) = (Principal::Fresh, Principal::Settled);
        let unknown = "Principal 1 does not exist in the directory 2.";
        let wrong = "Principal 1 does not exist. It is an application; its service principal is 3.";
        check("PrincipalNotFound", unknown, fresh, &Reaction::Repeat(REPLICATION));
        check("PrincipalNotFound", unknown, settled, &Reaction::Stop(None));
        check("PrincipalNotFound", wrong, fresh, &Reaction::Stop(None));
        check("RoleAssignmentExists", "", settled, &Reaction::Adopt);
        check("AnotherOperationInProgress", "", settled, &Reaction::Repeat(OTHER_OPERATION));
        check("Conflict", "Operation on the API is in progress", settled, &Reaction::Repeat(OTHER_OPERATION));
        check("Conflict", "the name is taken", settled, &Reaction::Stop(None));
        check("ValidationError", "", settled, &Reaction::Stop(None));
    }
}
