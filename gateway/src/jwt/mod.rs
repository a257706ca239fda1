//! JSON Web Tokens: reading, decrypting and checking them, and where the keys come from.
//! <https://learn.microsoft.com/azure/api-management/validate-jwt-policy>
//!
//! **Differs from Azure:** messages of the token library are the library's codes with shorter sentences, and never show
//! the token.

mod check;
mod discovery;
mod jwe;
mod key;
mod rules;
mod token;

#[cfg(test)]
pub mod tests;

pub use check::{Check, Trust, checked, children, texts, values};
pub use discovery::{Need, Providers, at_home};
pub use jwe::{DecryptionKey, decrypt};
pub use key::{Key, Material, key_set};
pub use rules::{Claim, Expiration, Match, Rules, Signature};
pub use token::Token;

use crate::error::Reason;

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The word for programs.
    pub reason: Reason,
    /// The sentence for people.
    pub message: String,
}

impl Refusal {
    /// A refusal in the words of the token library.
    fn denied(reason: Reason, message: impl std::fmt::Display) -> Self {
        Self { reason, message: format!("{message} Access denied.") }
    }

    /// The token cannot be read, or the keys cannot be had.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { reason: Reason::JwtInvalid, message: message.into() }
    }

    /// There is no token.
    pub fn absent() -> Self {
        Self { reason: Reason::TokenNotPresent, message: "JWT not present.".to_owned() }
    }
}
