//! What the provider can do, in the words of role definitions: <https://learn.microsoft.com/rest/api/aks/operations>.

use arm::ErrorResponse;

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, page};
use crate::providers::api_management::operations_list::of_type;

/// `GET /providers/Microsoft.ContainerService/operations`
pub fn list(_: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let kinds = super::PROVIDER.types.iter();
    page(call, kinds.flat_map(|kind| of_type("Microsoft Container Service", kind)).collect(), false)
}
