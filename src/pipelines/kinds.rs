//! What each kind of pipeline would do to a cut.

use super::Kind;

impl Kind {
    /// What a person calls one of them.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Stack => "stack",
            Kind::StackSet => "StackSet",
            Kind::ControlTower => "Control Tower's StackSet",
            Kind::Cdk => "CDK",
            Kind::Terraform => "Terraform",
            Kind::Pulumi => "Pulumi",
            Kind::ScalingGroup => "Auto Scaling group",
            Kind::Kubernetes => "Kubernetes cluster",
            Kind::CodePipeline => "CodePipeline",
            Kind::Remediation => "AWS Config rule",
        }
    }

    /// What it would do to a cut: one sentence.
    pub fn would(self) -> &'static str {
        match self {
            Kind::Stack => {
                "An update that touches one of these resources writes what the template says; a drift-aware change \
                 set (REVERT_DRIFT) does so to all of them. An update may also fail on the drift."
            }
            Kind::StackSet => {
                "An operation on the set, from the account that administers it, updates this account's stack, and \
                 writes what the template says where it touches one of these."
            }
            Kind::ControlTower => {
                "Updating or resetting the landing zone or a control, or registering the OU again, updates this \
                 account's stack, and writes what its template says where it touches one of these."
            }
            Kind::Cdk => {
                "cdk deploy updates the stack, and writes what the code says where it touches one of these; with \
                 --revert-drift to all of them."
            }
            Kind::Terraform => {
                "The next apply compares the configuration with what is there, and writes the configuration: it \
                 undoes as much of the cut as it manages."
            }
            Kind::Pulumi => {
                "pulumi up writes the program's state where it differs from the one it has stored; with --refresh it \
                 undoes the cut."
            }
            Kind::ScalingGroup => {
                "It starts new instances, whose interfaces have the groups of the launch template and are not cut, \
                 and ends instances that fail their health checks."
            }
            Kind::Kubernetes => {
                "Controllers in the cluster write their load balancers, groups and routes again within minutes, and \
                 node groups start new nodes that are not cut."
            }
            Kind::CodePipeline => {
                "Its next run deploys what its source says. What that touches is not known here, but for the stacks \
                 that are named."
            }
            Kind::Remediation => {
                "It runs by itself on resources that the rule does not like. Whether it would like what was cut is \
                 not known here."
            }
        }
    }
}
