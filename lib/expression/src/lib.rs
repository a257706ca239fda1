//! The policy expression language.
