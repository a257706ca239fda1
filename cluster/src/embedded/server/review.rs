//! `SelfSubjectAccessReview`: may I? Yes.
//! <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/>

use http::{Method, Response, StatusCode};
use serde_json::json;

use super::respond::{self, Body};
use super::status::Failure;
use super::{Call, body};

/// The path.
pub const PATH: &[&str] = &["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"];

/// Answers a review.
pub fn review(call: &Call<'_>, request: &[u8]) -> Result<Response<Body>, Failure> {
    if call.method != Method::POST {
        return Err(Failure::method_not_allowed());
    }
    let mut review = body::parse(body::media(call.headers)?, request)?;
    if review["kind"] != "SelfSubjectAccessReview" || !review.is_object() {
        return Err(Failure::bad_request("a SelfSubjectAccessReview is required"));
    }
    review["status"] = json!({
        "allowed": true, "reason": "the sandbox allows everything to whoever has the cluster's kubeconfig",
    });
    Ok(respond::json(StatusCode::CREATED, &review))
}
