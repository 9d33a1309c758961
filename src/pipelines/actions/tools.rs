//! Pipelines that work from outside AWS: commands run where their code is.

use super::{Actions, aws_cli, in_region, run, said};
use crate::pipelines::notes::{Deed, Group};

pub(super) fn terraform(_: &Group<'_>) -> Actions {
    let refresh = || Some("terraform plan -refresh-only".to_owned());
    (
        vec![
            said(
                Deed::Pause,
                "Stop the jobs that apply, and lock the workspace where the state is in HCP Terraform. Nobody applies \
                 until the restore.",
            ),
            run(
                Deed::Ignore,
                "It shows the cut as changes made outside of Terraform. Do not apply it: that writes the cut into the \
                 state.",
                refresh(),
            ),
            said(
                Deed::Ignore,
                "Where a deployment cannot wait: lifecycle { ignore_changes = [ … ] } in the resources below, and a \
                 plan that touches none of them.",
            ),
        ],
        vec![
            run(Deed::Look, "It must find no changes of these targets any more.", refresh()),
            said(Deed::Resume, "Take ignore_changes out again, unlock the workspace, start the jobs."),
        ],
    )
}

pub(super) fn pulumi(_: &Group<'_>) -> Actions {
    let refresh = || Some("pulumi refresh --preview-only".to_owned());
    (
        vec![
            said(Deed::Pause, "Stop the jobs that run pulumi up. Nobody runs it until the restore."),
            run(
                Deed::Ignore,
                "It shows the cut. Do not refresh without --preview-only: that writes the cut into the state.",
                refresh(),
            ),
        ],
        vec![
            run(Deed::Look, "It must find no changes of these targets any more.", refresh()),
            said(Deed::Resume, "Start the jobs again."),
        ],
    )
}

pub(super) fn cdk(_: &Group<'_>) -> Actions {
    (
        vec![
            said(Deed::Pause, "Stop the jobs that run cdk deploy. Nobody runs it until the restore."),
            run(
                Deed::Ignore,
                "It shows what differs from the code: do not take the cut into the code.",
                Some("cdk drift".to_owned()),
            ),
        ],
        vec![
            run(Deed::Look, "It must find no drift of these targets any more.", Some("cdk drift".to_owned())),
            said(Deed::Resume, "Start the jobs again."),
        ],
    )
}

/// The names of controllers are those of their own charts; a cluster may call them otherwise.
///
/// <https://docs.aws.amazon.com/eks/latest/userguide/lbc-helm.html>
pub(super) fn kubernetes(group: &Group<'_>) -> Actions {
    let config = aws_cli("eks update-kubeconfig", &in_region(group, &[("name", group.name)]));
    let controllers = "kubectl get deployments -A";
    (
        vec![
            run(Deed::Look, "A way into the cluster, if the cut has left one.", config),
            run(
                Deed::Look,
                "Which controllers run: aws-load-balancer-controller, cluster-autoscaler, karpenter. Note the replicas \
                 of each.",
                Some(controllers.to_owned()),
            ),
            run(
                Deed::Pause,
                "The load balancers' controller writes nothing any more; the others likewise, in their namespaces.",
                Some(
                    "kubectl -n kube-system scale deployment aws-load-balancer-controller --replicas=0"
                        .to_owned(),
                ),
            ),
            said(Deed::Pause, "Node groups are Auto Scaling groups: step 505 holds them."),
        ],
        vec![said(
            Deed::Resume,
            "kubectl scale each of them to the replicas that it had, after unplug restore.",
        )],
    )
}
