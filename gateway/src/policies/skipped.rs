//! A policy that the self-hosted gateway does not have: it is left out, and the trace says so.
//! <https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview#policies>

use crate::context::Exchange;
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Step};

#[derive(Debug)]
struct Skipped;

/// The step that stands for a policy that is skipped.
pub fn step() -> Step {
    Step::Act(Box::new(Skipped))
}

impl Act for Skipped {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if let Some(recorder) = &mut exchange.recorder {
            recorder.message("The self-hosted gateway does not have this policy: it was skipped.");
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use apim::{DataPlane, GatewayKind};

    use crate::Gateway;
    use crate::tests::world::{World, policy, service};

    const INBOUND: &str = "<policies><inbound><base />\
        <get-authorization-context provider-id='a' authorization-id='b' context-variable-name='c' />\
        <set-header name='X-Behind'><value>yes</value></set-header></inbound></policies>";

    #[tokio::test(flavor = "current_thread")]
    async fn a_self_hosted_gateway_goes_on_behind_what_it_does_not_have() {
        for (gateway, status) in [
            (GatewayKind::SelfHosted, "HTTP/1.1 204 No Content"),
            (GatewayKind::Classic, "HTTP/1.1 500 Internal Server Error"),
        ] {
            let mut service = service();
            service.gateway = gateway;
            let text = INBOUND.replace(
                "</inbound>",
                "<return-response><set-status code='204' /></return-response></inbound>",
            );
            service.apis[0].policy = Some(policy("skipped", &text));
            let world = World::with(service).await;
            let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
            assert_eq!(reply.head[0], status, "{gateway:?}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_consumption_tier_takes_no_policy_that_it_does_not_have() {
        let mut service = service();
        let world = World::with(service.clone()).await;
        let gateway: &Gateway = &world.gateway;
        let limit = "<rate-limit-by-key calls='1' renewal-period='10' counter-key='a' />";
        service.apis[0].policy =
            Some(policy("limit", &format!("<policies>\n<inbound>{limit}</inbound></policies>")));
        assert_eq!(gateway.check(&service.clone().into()), Ok(()));
        service.gateway = GatewayKind::Consumption;
        let problems = gateway.check(&service.clone().into()).expect_err("a policy that is not there");
        assert_eq!(
            problems[0].message,
            "Error in element 'rate-limit-by-key' on line 2, column 11: Policy is not allowed in 'Consumption' sku"
        );
        let long = format!("<policies><!--{}--></policies>", "-a".repeat(8 * 1024));
        service.apis[0].policy = Some(policy("long", &long));
        assert_eq!(gateway.check(&service.clone().into()).expect_err("a long document")[0].code, "APL0402");
    }
}
