//! What launches without being held: ECS services and EKS node groups. They are printed.

use super::in_scope;
use super::spot_fleet::touches;
use crate::account::{ContainerService, Region, ScalingGroup};
use crate::step::{Case, Found, count};

pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (name, group) in here.scaling_groups.items().filter(|(_, g)| in_scope(&g.subnets, here, case)) {
        if let Some(text) = node_group(name, group) {
            found.note(Some(region), text);
        }
    }
    let services = here.container_services.items().filter(|(_, s)| touches(&s.subnets, here, case));
    for (arn, service) in services.filter(|(_, service)| service.desired > 0) {
        found.matters(Some(region), replaces(arn, service));
    }
}

fn node_group(name: &str, group: &ScalingGroup) -> Option<String> {
    let (cluster, nodes) = (group.tags.get("eks:cluster-name")?, group.tags.get("eks:nodegroup-name")?);
    Some(format!(
        "group {name} is node group {nodes} of EKS cluster {cluster}: held with its group; EKS may show it as \
         degraded, and its pods move to other nodes as these become unreachable"
    ))
}

fn replaces(arn: &str, service: &ContainerService) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let (cluster, name) = (last(&service.cluster), last(arn));
    let tasks = count(usize::try_from(service.desired).unwrap_or(0), "task");
    let kept = format!("ECS service {name} of cluster {cluster} keeps {tasks} up and is not held");
    if service.balanced {
        format!(
            "{kept}: it stops and replaces those that fail their load balancer's checks. To hold that: aws ecs \
             update-service --cluster {cluster} --service {name} --health-check-grace-period-seconds 604800"
        )
    } else {
        // ECS refuses a grace period where there is no load balancer.
        format!(
            "{kept}: no load balancer checks them, and it replaces those that end or fail their own check"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_period_is_for_services_behind_a_load_balancer() {
        let service = |balanced| ContainerService {
            cluster: "arn:aws:ecs:us-east-1:1:cluster/shop".into(),
            balanced,
            desired: 1,
            ..ContainerService::default()
        };
        let said = |balanced| replaces("arn:aws:ecs:us-east-1:1:service/shop/web", &service(balanced));
        assert!(said(true).contains("keeps 1 task up") && said(true).contains("grace-period-seconds 604800"));
        assert!(said(false).contains("service web") && !said(false).contains("grace-period"));
    }
}
